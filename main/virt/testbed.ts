import type { Provider } from '../providers/provider.ts';
import type { WantedMachines } from '../run/machines/wanted-machines.ts';
import type { RunName } from '../store/cluster-origins.ts';
import type { OpenOptions } from './open-machine.ts';

/** What a caller of the virtualisation server works on; open or closed. Paths on the machine are absolute. */
export interface Testbed {
  readonly isOpen: boolean;
  /**
   * Words as README.virtualisation-server lists them. Before `open`, those that
   * hold for every machine of the kind.
   */
  capabilities(): readonly string[];
  /** Gives the folder on the machine that is the caller's to use. */
  open(): Promise<string>;
  /** The machine is as after `open`, and so is the folder, under the same name. */
  revert(): Promise<string>;
  /**
   * Restarts the machine, or with `prepareOnly` waits until it does so itself; the folder comes back with it.
   */
  reboot(prepareOnly: boolean): Promise<void>;
  /** The machine goes away. May be called twice. */
  close(): Promise<void>;
  /** A program and arguments of the main host; with a command after them they run it on the machine. */
  executeCommand(): Promise<readonly string[]>;
  /** A file, or with a trailing slash on both a folder, to the machine. Throws ShakedownError. */
  copyDown(hostPath: string, machinePath: string): Promise<void>;
  /** The same, home from the machine. */
  copyUp(machinePath: string, hostPath: string): Promise<void>;
  /** A shell on the terminal, in `directory`, with `environment` (`NAME=value` each). */
  shell(directory: string, environment: readonly string[]): Promise<void>;
  /** What may explain why the machine does not do what it should, as lines. */
  trouble(): Promise<readonly string[]>;
}

/** A testbed that is a machine of a provider. */
export interface TestbedPlan extends Omit<OpenOptions, 'signal'> {
  readonly provider: Provider;
  /** Whether it makes machines, or takes one that exists. */
  readonly makes: boolean;
  readonly wanted: WantedMachines;
  /** Whose the machines are. */
  readonly of: RunName;
  /** Seconds for one copy: AUTOPKGTEST_VIRT_COPY_TIMEOUT. */
  readonly copyTimeout: number;
  /** A line for a person. */
  readonly tell: (line: string) => void;
}
