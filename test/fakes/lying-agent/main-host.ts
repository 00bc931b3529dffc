import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { AgentMethods } from '../../../common/protocol.ts';
import type { ServiceDied } from '../../../common/service-status.ts';
import type { Agent } from '../../../main/agent/agent.ts';
import { RpcAgent } from '../../../main/agent/rpc-agent.ts';
import { collectNode } from '../../../main/cluster/collect/collect.ts';
import { TerminalFace } from '../../../main/report/terminal-face.ts';
import { createRun } from '../../../main/store/create-run.ts';
import { fakeScenario } from '../fake-world.ts';
import { honestSession } from './control.ts';
import { honestSeed, isHeavy, type Lie, lieOf, type Method } from './lies.ts';
import { lyingProcess, remoteOf } from './lying-process.ts';

/*
 * The main host of many agents that lie: one session for each seed of a list. Prints a line of JSON for each
 * seed that got something which no node may get, and in the end what it came to.
 */
const [socketPath = '', base = '', seedList = ''] = process.argv.slice(2);

/** ms. Whoever waits is interrupted; what it then takes to end is measured. */
const patience = 800;
const answered = 1000;
/** ms for a node to say that a task has ended. */
const taskEnds = 10_000;

/** Escape sequences but for those of our own display, other control characters, marks of direction. */
const acting =
  /\u001b(?!\[(?:[0-9;]*[mKABGJ]|\?25[lh]|\?2026[lh]))|\u001b\[2J|[\0-\x08\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;
const forged = /^PASS {2}forged/m;

const wrong: { readonly seed: number; readonly lie: string; readonly what: string }[] = [];
process.on('uncaughtException', (error) => report(-1, undefined, `uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => report(-1, undefined, `unhandled: ${String(error)}`));

function report(seed: number, lie: Lie | undefined, what: string): void {
  wrong.push({ seed, lie: JSON.stringify(lie), what: what.slice(0, 2000) });
  if (wrong.length < 50) process.stdout.write(`${JSON.stringify(wrong.at(-1))}\n`);
}

async function session(seed: number): Promise<void> {
  const lie = lieOf(seed);
  const folder = join(base, `run-${seed}`);
  mkdirSync(folder);
  const store = await createRun(folder);
  const terminal = new PassThrough({ highWaterMark: 1 });
  let shown = '';
  terminal.on('data', (chunk) => {
    shown = (shown + chunk).slice(-200_000);
  });
  const face = new TerminalFace(terminal, {}, new AbortController().signal);
  face.handle({ type: 'nodes-known', at: 0, nodes: [{ id: 0, name: 'n0', address: '10.0.0.1' }] });
  const note = (message: string) => face.handle({ type: 'note', at: 0, message, node: 0 });
  const child = lyingProcess(socketPath, seed);
  const listener = { log: (line: string) => store.log(line, 0), progress: note };
  const agent: Agent = new RpcAgent(remoteOf(), child, listener);
  const tell = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const ours = error instanceof ShakedownError || (error instanceof Error && error.name === 'AbortError');
    if (!ours || /Cannot read|is not a function|undefined \(/.test(message))
      report(seed, lie, `no error for people: ${error instanceof Error ? error.stack : message}`);
    store.log(message, 0);
    if (error instanceof ShakedownError) store.log(JSON.stringify(error.details), 0);
    note(message);
  };
  agent.onServiceDied((died: ServiceDied) => store.log(`${died.name} died: ${died.lastLines.join(' ')}`, 0));
  for (const action of actions(lie, agent, store.nodeDirectory(0))) await timed(seed, lie, action, tell);
  if (lie.kind === 'mute') await mustBeGivenUp(seed, lie, agent);
  child.kill();
  await timed(seed, lie, async () => agent[Symbol.asyncDispose](), tell);
  face.close();
  check(seed, lie, folder, shown);
  rmSync(folder, { recursive: true, force: true });
}

/** What the end of a run does, which waits for nobody that says nothing. */
async function mustBeGivenUp(seed: number, lie: Lie, agent: Agent): Promise<void> {
  void agent.mustAnswer(5);
  await Promise.race([once(agent.ended, 'abort'), sleep(120_000)]);
  if (!agent.ended.aborted) report(seed, lie, 'an agent that says nothing is waited for');
}

type Action = (signal: AbortSignal) => Promise<unknown>;

/** What is asked of the agent: the method that it lies about, and at the end its evidence. */
function actions(lie: Lie, agent: Agent, directory: string): readonly Action[] {
  const config = { ...fakeScenario(1).nodeConfig({} as never, {} as never), workingDir: '/srv/work' };
  const collect: Action = (signal) =>
    collectNode({ config, agent, remote: remoteOf() }, { directory, sinceMs: 0, signal });
  const method =
    lie.about === 'answer' || lie.about === 'failure' || lie.about === 'talk' ? lie.method : 'services';
  return [asks(method, agent), collect];
}

function asks(method: Method, agent: Agent): Action {
  if (method === 'task') return (signal) => agent.exec('echo', { signal, spoolDir: join(base, 'spool') });
  if (method === 'readFile') return (signal) => agent.readFile('/x', { signal, maxBytes: 1e6 });
  const params = {} as AgentMethods[typeof method]['params'];
  return (signal) => agent.call(method, params as never, { signal });
}

/**
 * Ctrl-C after a while: whoever waits must end within a second, or within eleven where a task may still run.
 */
async function timed(seed: number, lie: Lie, action: Action, tell: (error: unknown) => void): Promise<void> {
  const interrupt = new AbortController();
  const timer = setTimeout(() => interrupt.abort(), patience);
  const ended = Promise.resolve(action(interrupt.signal)).catch(tell);
  await Promise.race([ended, sleep(patience)]);
  clearTimeout(timer);
  const before = process.cpuUsage();
  interrupt.abort();
  let inTime = false;
  const settled = ended.then(() => {
    inTime = true;
  });
  const within = answered + (lie.about === 'talk' && lie.method === 'task' ? taskEnds : 0);
  // In turns that this process had: on a busy machine a second may end without one.
  for (let turns = 0; turns < within / 10 && !inTime; turns += 1) await Promise.race([settled, sleep(10)]);
  const { user, system } = process.cpuUsage(before);
  if (!inTime) report(seed, lie, `Ctrl-C was not answered within ${within} ms`);
  if (user + system > answered * 1000) report(seed, lie, `Ctrl-C took ${user + system} us of work`);
  await Promise.race([ended, sleep(5000)]);
}

function check(seed: number, lie: Lie, folder: string, shown: string): void {
  if (existsSync(join(base, 'escaped')) || existsSync('/escaped')) {
    report(seed, lie, 'a file outside the run directory was written');
    rmSync(join(base, 'escaped'), { recursive: true, force: true });
  }
  const strangers = readdirSync(base).filter((name) => !/^(run-\d+|spool|socket)$/.test(name));
  if (strangers.length > 0) report(seed, lie, `left outside the run directory: ${strangers.join(', ')}`);
  const logs = ['tester.log', 'nodes/0/tester.log'].map((name) => {
    const file = join(folder, '.shakedown/runs/latest', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
  for (const text of [shown, ...logs]) {
    const found = acting.exec(text) ?? forged.exec(text);
    if (found)
      report(seed, lie, `acts on a terminal: ${JSON.stringify(text.slice(found.index, found.index + 80))}`);
  }
}

const control = honestSession(socketPath, base).catch((error: Error) => [`honest, but: ${error.stack}`]);
for (const what of await control) report(honestSeed, lieOf(honestSeed), what);
const seeds = seedList.split(',').map(Number);
const light = seeds.filter((seed) => !isHeavy(lieOf(seed)));
const work = async () => {
  for (let seed = light.shift(); seed !== undefined; seed = light.shift()) await session(seed);
};
await Promise.all(Array.from({ length: 4 }, work));
for (const seed of seeds) if (isHeavy(lieOf(seed))) await session(seed);
const rss = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ seeds: seeds.length, rss, wrong: wrong.length })}\n`);
process.exit(0);
