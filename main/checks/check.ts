import type { Duplex } from 'node:stream';
import type { MachineAct } from '../../common/machine-acts.ts';
import type { ServiceStatus } from '../../common/protocol.ts';
import type { CheckResult, CommandResult } from '../../common/results.ts';
import type { NodeFacts } from '../config/scenario.ts';

export interface CheckExecOptions {
  /** Seconds; 60 unless told. */
  readonly timeout?: number;
  /** Run as root; true unless told. */
  readonly root?: boolean;
  readonly stdin?: string;
  /** Ends the command: the check that asked for it is over. */
  readonly signal?: AbortSignal;
}

/** A node as checks see it: all calls may run side by side; a lost node throws ConnectionLostError. */
export interface NodeUnderTest extends NodeFacts {
  /** A non-zero exit is a result, not a throw. */
  exec(command: string, options?: CheckExecOptions): Promise<CommandResult>;
  readFile(path: string): Promise<string>;
  services(): Promise<readonly ServiceStatus[]>;
  startService(name: string): Promise<ServiceStatus>;
  stopService(name: string): Promise<ServiceStatus>;
  killService(name: string, signal?: string): Promise<ServiceStatus>;
  /** Resolves when the node can be used again, or is off. `by`: the check that asks. */
  act(what: MachineAct, by?: string): Promise<void>;
  /**
   * A stream to a port of its address, through its ssh. There where the main host has no route to that address, and
   * nowhere else. Throws ShakedownError when nobody answers.
   */
  readonly connect?: (port: number) => Promise<Duplex>;
  /**
   * `host:port` at which the main host reaches a port of the node: its address, or where it has no route to that a port
   * of its own loopback whose connections go through the node's ssh.
   */
  endpoint(port: number): Promise<string>;
  /** Aborted when the connection to the node is lost, unless that was meant; one that came back has another signal. */
  readonly lost: AbortSignal;
}

/** The cluster as checks see it. */
export interface ClusterUnderTest {
  readonly nodes: readonly NodeUnderTest[];
  /** Runs a command on the main host, in the scenario's folder. */
  execOnMain(command: string, options?: Omit<CheckExecOptions, 'root'>): Promise<CommandResult>;
}

/** Hears of checks as they begin and come out, while they run. */
export interface CheckListener {
  started(name: string): void;
  ended(check: CheckResult): void;
  /** What a test of a check file printed, as it comes; `name` is empty outside of tests. */
  output?(name: string, text: string): void;
}

/** One declared assertion. Never throws: what goes wrong is in the result. */
export interface Check {
  readonly name: string;
  readonly kind: string;
  run(target: ClusterUnderTest, options: { readonly signal: AbortSignal }): Promise<readonly CheckResult[]>;
}
