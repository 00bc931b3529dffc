import { expect, onTestFinished } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { HandOn } from '../../../main/agent/hand-on/hand-on.ts';
import { startAgent } from '../../../main/agent/start-agent.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { ctx, during } from '../nspawn-cluster.ts';

/** The cache that a test's nodes have: no share of the main host's. */
export const nodeCache = '/var/lib/hand-on';

/** A node, with a connection of the test's own. */
export interface NodeThatLacksIt {
  readonly machine: Machine;
  /** What a command says, as root. */
  readonly sh: (command: string) => Promise<string>;
}

/** Nodes on which there is no runtime. */
export async function nodesThatLackIt(count: number): Promise<NodeThatLacksIt[]> {
  const { machines } = await during(count);
  const connecting = machines.map(async (machine) => {
    const remote = await connectTo(machine);
    const sh = async (command: string) => {
      const { stdout, stderr } = await remote.exec(command, { timeout: 60 });
      return `${stdout}${stderr}`.trim();
    };
    return { machine, sh };
  });
  return Promise.all(connecting);
}

async function connectTo(machine: Machine): Promise<Remote> {
  const remote = await connectSsh(machine.ssh, { signal: ctx.signal, timeout: 200 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  return remote;
}

/** What is logged of a run's nodes, by their names, and what its user is told. */
export class Told {
  readonly lines: string[] = [];
  readonly notes: string[] = [];

  /**
   * Those of a node that tell of the runtime: where it came from, or why not from
   * another node; not how far it has come.
   */
  of({ machine }: NodeThatLacksIt): string[] {
    const own = this.lines.filter((line) => line.startsWith(`${machine.name} `));
    const lines = own.map((line) => line.slice(machine.name.length + 1));
    return lines.filter((line) => /runtime|^(sent|fetched) .*\/node[: ]/.test(line));
  }
}

/** A run that connects to nodes, one after another or side by side. */
export class Connecting {
  readonly told = new Told();
  readonly #handOn = new HandOn();

  async agentOn({ machine }: NodeThatLacksIt): Promise<Agent> {
    const remote = await connectTo(machine);
    const log = (line: string) => void this.told.lines.push(`${machine.name} ${line}`);
    const listener = { log, progress: (line: string) => void this.told.notes.push(line) };
    const agent = await startAgent(remote, {
      ...{ cacheDir: ctx.cacheDir, runId: 'e2e', listener, signal: ctx.signal, log, nodeCache },
      ...{ handOn: this.#handOn, address: machine.address },
    });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    return agent;
  }
}

/** What leaves a node from now on is so slow that its runtime takes twenty seconds. */
export const slowDown = ({ sh }: NodeThatLacksIt): Promise<string> =>
  sh('tc qdisc replace dev host0 root tbf rate 40mbit burst 64k latency 200ms');

/** Resolves when a node is in the middle of fetching it. */
export const isFetching = ({ sh }: NodeThatLacksIt): Promise<void> =>
  expect
    .poll(async () => Number(await sh(`stat -c %s ${nodeCache}/node-*/node.* 2>/dev/null`)), {
      timeout: 60_000,
    })
    .toBeGreaterThan(1_000_000);

/** All but directories that a node has in its cache, and who listens there but sshd. */
export async function leftOn({ sh }: NodeThatLacksIt): Promise<{ files: string[]; listening: string }> {
  const files = await sh(`find ${nodeCache} -type f -printf '%f\\n' | sort`);
  return {
    files: files.split('\n').filter(Boolean),
    listening: await sh("ss -Hltn | grep -v ':22 ' | grep -v '127.0.0'"),
  };
}
