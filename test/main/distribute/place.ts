import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { RunEvent } from '../../../common/events.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { startLocalAgent } from '../../../main/agent/local/local-agent.ts';
import type { Connector } from '../../../main/cluster/connector.ts';
import type { DistributeConfig } from '../../../main/distribute/config/distribute-config.ts';
import { planDistribution } from '../../../main/distribute/config/plan-distribution.ts';
import { distribute } from '../../../main/distribute/distribute.ts';
import type { SentProject } from '../../../main/distribute/project/sent-project.ts';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import type { FileResult } from '../../../main/distribute/results/test-result.ts';
import type { CommandWords } from '../../../main/distribute/suite/command-words.ts';
import type { Provider } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';

/** A project on this machine, whose nodes are this machine, too: agents of its own, as who runs the tests. */
export interface Place {
  readonly directory: string;
  /** As the nodes have it: their home is a folder of the test's. */
  readonly home: string;
  readonly notes: string[];
  /** Of all its runs. */
  readonly events: RunEvent[];
  readonly results: FileResult[];
  readonly write: (path: string, text: string, mode?: number) => void;
  readonly run: (config: DistributeConfig, options?: RunOptions) => Promise<DistributeResult>;
  /** What a run left, by its name in the run's directory. */
  readonly left: (result: DistributeResult, name: string) => string;
}

export interface RunOptions {
  readonly command?: CommandWords;
  readonly onlyFailed?: boolean;
  readonly failFast?: boolean;
  readonly cold?: boolean;
  readonly sent?: SentProject;
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /** Called with each result. */
  readonly onResult?: (result: FileResult) => void;
  readonly onBegan?: (runner: string) => void;
  /** What each of the config's nodes has in its environment beside ours; they have homes of their own. */
  readonly nodes?: readonly NodeJS.ProcessEnv[];
}

const cacheDir = join(tmpdir(), 'shakedown-test-cache');

export function place(files: Readonly<Record<string, string>>): Place {
  const top = mkdtempSync(join(tmpdir(), 'shakedown-distribute-'));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  const [directory, home] = [join(top, 'shop'), join(top, 'home')];
  mkdirSync(home);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
    chmodSync(join(directory, path), mode);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  execFileSync('git', ['init', '-q', directory]);
  const [notes, results]: [string[], FileResult[]] = [[], []];
  const events: RunEvent[] = [];
  const never = new AbortController().signal;
  const run = async (
    config: DistributeConfig,
    { signal, onResult, onBegan, command, nodes = [], ...more }: RunOptions = {},
  ) => {
    const words = { files: [], command, include: [], ignore: [], env: {}, rebuild: false, ...more };
    const choose = () => Promise.reject(new Error('no machines here'));
    const plan = await planDistribution(directory, config, words, choose);
    const handle = (event: RunEvent) => {
      events.push(event);
      if (event.type === 'note') notes.push(event.message);
    };
    const result = await distribute(plan, {
      env: { ...process.env, HOME: home },
      ...{ signal: signal ?? never, hurry: never, cacheDir, clock: Date.now },
      face: { handle, close: () => undefined },
      tell: (line) => notes.push(line),
      ...nodesHere(top, nodes),
      agentShares: async () => [],
      startLocal: startLocalAgent,
      telling: {
        began: (runner) => onBegan?.(runner),
        ended: () => undefined,
        result: (result) => {
          results.push(result);
          onResult?.(result);
        },
      },
    });
    mustAgree(result);
    return result;
  };
  const left = (result: DistributeResult, name: string) => {
    const file = join(result.directory, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  return { directory, home, notes, events, results, write, run, left };
}

/** What a run comes to and the failures that it names say the same, whatever happened in it. */
function mustAgree({ verdict, exitCode, failures }: DistributeResult): void {
  const interrupted = exitCode === exitCodes.interrupted;
  const [first] = failures;
  const expected = interrupted ? 'error' : first ? (first.verdict ?? 'error') : 'pass';
  expect(verdict, `with these failures: ${JSON.stringify(failures)}`).toBe(expected);
  if (!interrupted) expect(exitCode).toBe(exitCodes[verdict === 'skip' ? 'error' : verdict]);
}

/** Nodes that exist and are this machine: real agents, each with a home and an environment of its own. */
function nodesHere(top: string, nodes: readonly NodeJS.ProcessEnv[]) {
  const reached = (id: number) => ({ host: `10.99.0.${id}`, user: 'me', port: 22 });
  const provider: Provider = {
    ...{ name: 'ssh', makes: false },
    probe: async () => ({ ok: true }),
    preview: async () => [],
    create: async ({ cluster, machines }) => ({
      ...{ id: cluster, provider: 'ssh', borrowed: true },
      machines: machines.map((spec) => {
        const target = reached(spec.id);
        return { ...spec, address: target.host, ssh: target };
      }),
    }),
    list: async () => [],
    destroy: async () => undefined,
  };
  const connector: Connector = {
    connect: async ({ host: address }) => {
      const remote: Partial<Remote> = { address, [Symbol.asyncDispose]: async () => undefined };
      return remote as Remote;
    },
    startAgent: ({ address }, options) => {
      const id = Number(address.split('.').at(-1));
      const home = join(top, `home-${id}`);
      mkdirSync(home, { recursive: true });
      const env = { ...process.env, HOME: home, ...nodes[id] };
      // On one machine a share is one agent's.
      return startLocalAgent({ ...options, share: `${options.share}-${id}`, env });
    },
  };
  return { provider: async () => provider, connector };
}

/** The names of a file's tests. */
export const testsOf = ({ files }: DistributeResult, file: string): readonly string[] =>
  (files.find((each) => each.file === file)?.tests ?? []).map(({ name }) => name);

/** Verdicts by file. */
export const verdicts = ({ files }: DistributeResult): Record<string, string> =>
  Object.fromEntries(files.map(({ file, verdict }) => [file, verdict]));
