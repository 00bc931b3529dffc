import { createHash } from 'node:crypto';
import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { lastLines } from '../../../common/text/last-lines.ts';
import type { Agent } from '../../agent/agent.ts';
import type { DistributeHooks } from '../config/distribute-config.ts';
import type { Manifest } from '../project/manifest.ts';
import type { DistributeLog } from '../results/distribute-log.ts';
import type { RanHook } from '../schedule/schedule.ts';

export interface HookPlace {
  readonly agent: Agent;
  /** The node's name, and the runner's id for hooks of one. */
  readonly node: string;
  readonly runner?: string;
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: DistributeLog;
  /** Seconds. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** Told when the hook has ended, however it did. */
  readonly ended: (hook: Omit<RanHook, 'node'>) => void;
  /** ms since the epoch. */
  readonly clock: () => number;
}

/**
 * Runs a hook in the project's folder, as who logs in, with the runner's id as `$1`. What it leaves running
 * goes on until the run ends. Throws ShakedownError with its last lines when it exits with anything but 0.
 */
export async function runHook(
  name: keyof DistributeHooks | 'build',
  command: string,
  place: HookPlace,
): Promise<void> {
  const { agent, node, runner, project, env, log, within, signal, ended, clock } = place;
  const source = { node, of: name, ...(runner !== undefined && { runner }) };
  const [out, error] = [log.lines(source), log.lines(source)];
  const words = ['/bin/sh', '-c', command, name, ...(runner === undefined ? [] : [runner])];
  const startedAt = clock();
  let failed = true;
  try {
    const result = await agent.exec(words, {
      ...{ cwd: project, env, timeout: within, signal },
      onStdout: (chunk) => out.write(chunk),
      onStderr: (chunk) => error.write(chunk),
    });
    failed = result.exitCode !== 0;
    if (!failed) return;
    throw new ShakedownError({
      message: `${name} failed`,
      command,
      exitCode: result.exitCode,
      lastLines: lastLines(`${result.stdout}\n${result.stderr}`, 15),
      log: 'distribute.log',
    });
  } catch (failure) {
    if (!(failure instanceof TimeLimitError)) throw failure;
    throw new ShakedownError({
      message: `${name} did not end within ${within} s`,
      command,
      log: 'distribute.log',
      hint: `if it only needs longer: limits: { hook: ${within * 3} }`,
    });
  } finally {
    out.end();
    error.end();
    ended({ name, ...present({ runner }), startedAt, took: clock() - startedAt, failed });
  }
}

/**
 * `node_setup`, which is left out where it went well before with the same files. `memory` is
 * the file on the node that remembers it.
 */
export async function setUpNode(
  hook: NonNullable<DistributeHooks['node_setup']>,
  manifest: Manifest,
  memory: string,
  place: HookPlace,
): Promise<'run' | 'known'> {
  if (typeof hook === 'string') {
    await runHook('node_setup', hook, place);
    return 'run';
  }
  const digest = digestOf(hook, manifest);
  const { agent, signal } = place;
  const known = await agent.readFile(memory, { maxBytes: 1000, signal }).catch(() => Buffer.alloc(0));
  if (known.toString() === digest) return 'known';
  await runHook('node_setup', hook.run, place);
  await agent.exec(['/bin/sh', '-c', 'printf %s "$1" > "$2"', 'sh', digest, memory], { signal });
  return 'run';
}

function digestOf(
  { run, files }: { readonly run: string; readonly files: readonly string[] },
  { files: all }: Manifest,
) {
  const contents = files.map((name) => all.find(([path]) => path === name)?.[2] ?? '');
  return createHash('sha256')
    .update(JSON.stringify([run, files, contents]))
    .digest('hex');
}
