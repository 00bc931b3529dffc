import { createHash } from 'node:crypto';
import { readFileSync, readSync } from 'node:fs';
import type { Server } from 'node:net';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultStateDirectory, stateDirectory, writableState } from './agent-state.ts';
import { askHolder, type Holder, lockPath, refusal, takeNode } from './lock.ts';

/**
 * How a node is taken: by one run, which then has all of it, or in shares, each with a key of its own, that
 * stand beside one another. The two refuse each other by name.
 */
export interface Lease {
  /** The key of the share; none for all of the node. */
  readonly share?: string;
  /** Where the agent keeps its state. */
  readonly state: string;
  /** What the lock is called. */
  readonly name: string;
}

/** The lease that the agent's arguments ask for: all of the node, or `--shared KEY`. */
export function leaseIn(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Lease {
  const share = argv.includes('--shared') ? argv[argv.indexOf('--shared') + 1] : undefined;
  const state = stateDirectory(env, share);
  if (share === undefined)
    return { state: state === defaultStateDirectory ? writableState(state) : state, name: state };
  // The name of an abstract socket has at most 107 bytes.
  return { share, state, name: `${sharesOf(env)}${userInfo().uid}:${digest(share)}` };
}

/**
 * Puts the key that the first line of stdin says into `argv`, in place of the `-` of `--shared -`: on itself
 * the main host starts an agent before it knows for which share. Waits for that line, and reads nothing
 * behind it. Ends this process where stdin ends before.
 */
export function hearShare(argv: string[]): void {
  const at = argv.indexOf('--shared') + 1;
  if (at === 0 || argv[at] !== '-') return;
  const bytes: number[] = [];
  for (const byte = Buffer.alloc(1); ; bytes.push(byte[0] ?? 0)) {
    if (readSync(0, byte) === 0) process.exit(0);
    if (byte[0] === 0x0a) break;
  }
  argv[at] = Buffer.from(bytes).toString();
}

/**
 * Takes the node, or a share of it, for one agent; see `takeNode`. Throws ShakedownError that names who has
 * it in the other way.
 */
export async function takeLease(
  { share, name }: Lease,
  holder: Holder,
  patience = 5,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Server> {
  const mine = share === undefined ? holder : { ...holder, share };
  for (const begin = performance.now(); ; await sleep(20)) {
    const server = await takeNode(name, mine, share === undefined ? patience : Math.max(patience, 20));
    // Each tells first that it is there and looks then, so of two that come together one sees the other.
    const other = await (share === undefined ? aShare(env) : theRun(env));
    if (!other) return server;
    await new Promise((resolve) => server.close(resolve));
    if (performance.now() - begin >= patience * 1000) throw refusal(other);
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The beginning of the names of all shares of this node: tests move it with the agent's state. */
const sharesOf = (env: NodeJS.ProcessEnv): string =>
  `shared:${env.SHAKEDOWN_AGENT_STATE ? digest(env.SHAKEDOWN_AGENT_STATE) : 'node'}:`;

/** Who has a share. */
async function aShare(env: NodeJS.ProcessEnv): Promise<Partial<Holder> | undefined> {
  const [first] = socketsOfAgents().filter((name) => name.startsWith(sharesOf(env)));
  return first === undefined ? undefined : await holderAt(first);
}

/** Who has all of the node. */
async function theRun(env: NodeJS.ProcessEnv): Promise<Partial<Holder> | undefined> {
  const wholes = [stateDirectory(env), stateDirectory(env, undefined, 0)];
  const [first] = socketsOfAgents().filter((name) => wholes.includes(name));
  return first === undefined ? undefined : await holderAt(first);
}

/** Undefined where it has ended meanwhile. */
async function holderAt(name: string): Promise<Partial<Holder> | undefined> {
  const holder = await askHolder(lockPath(name));
  return holder.pid === undefined && !socketsOfAgents().includes(name) ? undefined : holder;
}

/** Names of the locks of all agents in this network namespace, as /proc/net/unix lists them. */
function socketsOfAgents(): readonly string[] {
  const found = readFileSync('/proc/net/unix', 'utf8').matchAll(/ @shakedown-agent:(.+)$/gm);
  return [...new Set([...found].map(([, name = '']) => name))];
}
