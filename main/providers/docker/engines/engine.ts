import { execa } from 'execa';
import { type FailureDetails, ShakedownError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import { lastLines } from '../../../../common/text/last-lines.ts';
import type { ShellValues } from '../../host/shell-file.ts';
import { explainEngine } from './explain-engine.ts';

/** Docker or Podman as it can be used from here. */
export interface Engine {
  readonly kind: 'docker' | 'podman';
  /** The words before each subcommand. */
  readonly command: readonly [string, ...string[]];
  /** Variables to set; the others stay as they are. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Whether this main host can reach containers at their addresses, or only at ports that are published on
   * its loopback: without root their networks are in a namespace, with Docker Desktop in a virtual machine.
   */
  readonly reach: 'address' | 'ports';
  /** Whether the engine makes the cluster's network, or we do. */
  readonly network: 'engine' | 'ours';
  /** What can be process 1: a systemd needs a cgroup of its own that it may write to. */
  readonly init: 'systemd' | 'sshd';
  /** Whether limits can be set: cgroups that may be written to. */
  readonly limits: boolean;
}

export interface EngineOptions {
  readonly signal?: AbortSignal;
  readonly failure: Partial<FailureDetails> & { message: string };
  readonly input?: string;
}

/**
 * Runs one subcommand and gives its stdout. Throws ShakedownError with what the engine said, and what it
 * means.
 */
export async function runEngine(
  engine: Engine,
  args: readonly string[],
  { signal, failure, input }: EngineOptions,
): Promise<string> {
  const [program, ...words] = engine.command;
  const result = await execa(program, [...words, ...args], {
    env: engine.env,
    reject: false,
    ...present({ cancelSignal: signal }),
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  if (result.exitCode === 0) return result.stdout;
  signal?.throwIfAborted();
  const said = lastLines(`${result.stdout}\n${result.stderr}`, 6);
  throw new ShakedownError({
    ...failure,
    ...explainEngine(result.stderr),
    lastLines: said.length > 0 ? said : [result.message ?? 'no output'],
  });
}

/** Whether a subcommand succeeds, such as `image inspect NAME`. */
export async function succeeds(
  engine: Engine,
  args: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const [program, ...words] = engine.command;
  const options = { env: engine.env, reject: false, stdin: 'ignore', cancelSignal: signal } as const;
  const { exitCode } = await execa(program, [...words, ...args], options);
  signal.throwIfAborted();
  return exitCode === 0;
}

/** What `engine.sh` is told; `engine_kind` tells scripts the rest. */
export const engineValues = ({ kind, command, env }: Engine) =>
  ({
    engine_kind: kind,
    engine_command: command,
    engine_env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
  }) satisfies ShellValues;
