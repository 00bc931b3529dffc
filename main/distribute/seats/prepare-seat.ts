import { basename, dirname, posix } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Agent } from '../../agent/agent.ts';
import { count, duration, size } from '../../report/words.ts';
import type { OpenRun } from '../../run/open-run.ts';
import type { Build } from '../build/build.ts';
import type { Initiator } from '../project/project-key.ts';
import { type LocalProject, type SentProject, sendProject } from '../project/send-project.ts';
import { clearPlace } from '../replay/fresh-place.ts';
import type { DistributeLog } from '../results/distribute-log.ts';
import type { Distribution } from '../suite/distribution.ts';
import { nodeEnvironment, runnerEnvironment, runnerId } from './environment.ts';
import { type HookPlace, setUpNode } from './hooks.ts';
import { NodeHealth } from './node-health.ts';
import { folderOf } from './open-seat.ts';
import type { Runner, Seat, SeatPlan } from './seat.ts';

/** What seats share. */
export interface SeatContext {
  readonly distribution: Distribution;
  readonly project: LocalProject;
  readonly initiator: Initiator;
  readonly key: string;
  readonly log: DistributeLog;
  readonly open: OpenRun;
  /** What is built once, for all nodes; absent where nothing is. */
  readonly build: Build | undefined;
  /** For a node: who is told of its hooks as they end. */
  readonly hookEnded: (node: number) => HookPlace['ended'];
  /** Told how many runners this node has (0: it is of no use); gives how many there are on all of them. */
  readonly runnersInAll: (node: number, own: number) => Promise<number>;
}

/** Of a node that has as many runners as processors. */
const mostRunners = 256;

/** Brings the project to a node and makes its runners' places ready. Throws ShakedownError. */
export async function prepareSeat(plan: SeatPlan, agent: Agent, context: SeatContext): Promise<Seat> {
  const { distribution, project, initiator, key, log, open, build } = context;
  const { signal } = open.work;
  const { id, name } = plan;
  const where = { id, address: plan.machine?.address ?? 'localhost' };
  const target = posix.join(folderOf(key), 'project');
  if (distribution.order) await clearPlace(agent, target, signal);
  const send = async () => {
    const sending = () => sendProject(agent, project, target, signal);
    const sent = await open.recorder.step('ship', sending, where);
    open.emit({ type: 'note', node: id, message: sentInWords(sent) });
    return sent;
  };
  // What a node builds comes later, unless an earlier run has built it.
  const sent = await send();
  const builtBefore = build?.made !== undefined;
  const folder = posix.dirname(sent.directory);
  const reports = posix.join(folder, 'reports');
  const loaders = posix.join(folder, 'loaders');
  const emptied = await agent.call('emptyFolders', { folders: [reports, loaders] }, { signal });
  const own = plan.runners ?? Math.min(emptied.processors, mostRunners);
  const [{ ports }, health, loader] = await Promise.all([
    agent.call('takePorts', { ranges: own, size: distribution.ports }, { signal }),
    NodeHealth.begin(agent, [reports, distribution.env.TMPDIR ?? '/tmp'], signal),
    putLoader(agent, distribution, loaders, signal),
  ]);
  const total = await context.runnersInAll(id, own);
  const { as } = plan;
  const env = {
    ...distribution.env,
    ...nodeEnvironment(as?.node ?? id, as?.runners ?? total, initiator),
  };
  const { hook: within } = distribution.limits;
  const place = {
    ...{ agent, node: name, project: sent.directory, env, log, within, signal },
    ...{ ended: context.hookEnded(id), clock: open.work.clock },
  };
  const { node_setup: hook } = distribution.hooks;
  if (hook !== undefined) {
    const memory = posix.join(folder, 'node_setup');
    const manifest = await project.manifest();
    const how = await open.recorder.step('setup', () => setUpNode(hook, manifest, memory, place), where);
    if (how === 'known') {
      open.emit({
        type: 'note',
        node: id,
        message: 'node_setup went well with the same files before: it is not run',
      });
    }
  }
  if (build && !builtBefore) {
    await build.onNode(id, place);
    await send();
  }
  await mustHaveCommand(agent, distribution, sent.directory, signal);
  const { memory } = distribution.limits;
  if (memory !== undefined) {
    const { by } = await agent.call('memoryLimits', {}, { signal });
    open.emit({ type: 'note', node: id, message: memoryInWords(memory, by) });
  }
  const runners = ports.map((first, index): Runner => {
    const runner = as?.runner ?? runnerId(id, index);
    const own = runnerEnvironment(runner, initiator, { first, count: distribution.ports });
    return { id: runner, node: id, env: { ...env, ...own } };
  });
  return { id, name, agent, health, project: sent.directory, reports, loader, runners, all: total };
}

/** Beside the project, never in it. Gives where it is on the node. */
async function putLoader(
  agent: Agent,
  { warm }: Distribution,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  if (!warm) return '';
  const entry = basename(warm.loader);
  await agent.upload(dirname(warm.loader), folder, { entries: [entry, ...warm.parts], signal });
  return posix.join(folder, entry);
}

const memoryInWords = (bytes: number, by: 'kernel' | 'measured'): string =>
  by === 'kernel'
    ? `${size(bytes)} of memory for a process of tests and all that it starts: the kernel sees to that (memory.max)`
    : `${size(bytes)} of memory for a process of tests and all that it starts: measured five times a second, for no control group with memory.max can be made`;

function sentInWords({ files, bytes, deleted, took }: SentProject): string {
  const gone = deleted > 0 ? `, deleted ${deleted}` : '';
  return `sent ${count(files, 'file')}, ${size(bytes)}${gone}, in ${duration(took)}`;
}

/** A node without the command would fail every file. Throws ShakedownError. */
async function mustHaveCommand(
  agent: Agent,
  { command: { program }, env }: Distribution,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  if (program === undefined) return;
  const asked = { program, directory, ...present({ path: env.PATH }) };
  const { found } = await agent.call('findProgram', asked, { signal });
  if (found) return;
  // Of a shell's line it may be a word of the shell's own, as `for` is.
  const look = ['/bin/sh', '-c', 'command -v -- "$1"', 'sh', program];
  if ((await agent.exec(look, { cwd: directory, env, signal })).exitCode === 0) return;
  throw new ShakedownError({
    message: `there is no command '${program}'`,
    hint: 'install it there: hooks: { node_setup: … }, or packages: […] of machines that are made',
  });
}
