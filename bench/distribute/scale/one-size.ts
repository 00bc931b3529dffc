// One distribution over nodes that are not there, in a process of its own: `node one-size.ts RUNNERS FILES
// [history.json]`. Prints what it cost the main process as JSON. Its clock is the real one: the files'
// durations divided by the runners, 336 s for 250 runners and 50,000 files, are how long it takes at least.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planDistribution } from '../../../main/distribute/config/plan-distribution.ts';
import { distribute } from '../../../main/distribute/distribute.ts';
import { historyFile, readHistory } from '../../../main/distribute/history/history-file.ts';
import { silent } from '../../../main/distribute/suite/telling.ts';
import type { Provider } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { simulatedAgent } from './simulated-agent.ts';

const [runners, files] = [Number(process.argv[2]), Number(process.argv[3])];
const recorded = process.argv[4];
const [perNode, startMs] = [50, 300];
const nodes = Math.ceil(runners / perNode);

const directory = mkdtempSync(join(tmpdir(), 'shakedown-scale-'));
try {
  console.log(JSON.stringify(await measured()));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measured() {
  const took = durations();
  mkdirSync(join(directory, '.shakedown/distribute'), { recursive: true });
  const known = [...took].map(([file, ms]) => [file, { ms, runs: 1, failed: false }]);
  writeFileSync(
    historyFile(directory),
    JSON.stringify({ version: 1, startMs, files: Object.fromEntries(known) }),
  );
  for (const file of took.keys()) {
    mkdirSync(join(directory, file, '..'), { recursive: true });
    writeFileSync(join(directory, file), '');
  }
  const words = {
    files: ['spec'],
    command: ['run', '{report}', '{files}'],
    include: [],
    ignore: [],
    env: {},
  };
  const config = { nodes: Array.from({ length: nodes }, (_, node) => `n${node}`), runners: perNode };
  const plan = await planDistribution(directory, config, { ...words, rebuild: false }, () =>
    Promise.reject(new Error('nodes are given')),
  );
  const never = new AbortController().signal;
  const [cpu, begin] = [process.cpuUsage(), performance.now()];
  let [most, testsEnd] = [0, 0];
  let [cpuOfTests, memoryOfTests] = [0, 0];
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 100);
  const before = process.memoryUsage().rss;
  const result = await distribute(plan, {
    ...{ env: process.env, signal: never, hurry: never, cacheDir: directory, clock: Date.now },
    face: { handle: () => undefined, close: () => undefined },
    tell: () => undefined,
    ...world(took),
    agentShares: async () => [],
    startLocal: () => Promise.reject(new Error('no runners here')),
    telling: {
      ...silent,
      result: (_, { settled, files: all }) => {
        if (settled < all) return;
        testsEnd = performance.now() - begin;
        const { user, system } = process.cpuUsage(cpu);
        cpuOfTests = (user + system) / 1000;
        memoryOfTests = Math.max(most, process.memoryUsage().rss);
      },
    },
  });
  clearInterval(look);
  const { user, system } = process.cpuUsage(cpu);
  const passed = result.files.filter(({ verdict }) => verdict === 'pass').length;
  if (passed !== files) throw new Error(`${passed} of ${files} files passed`);
  return {
    ...{ runners, files, processes: result.processes.length },
    makespanMs: result.schedule?.wallMs,
    bestMs: result.schedule?.bestMs,
    ...{ testsEnd: Math.round(testsEnd), cpuOfTests: Math.round(cpuOfTests) },
    cpuOfReports: Math.round((user + system) / 1000 - cpuOfTests),
    memoryBefore: before,
    memoryOfTests,
    memoryMost: Math.max(most, process.memoryUsage().rss),
  };
}

/** ms by file: as recorded, over and over where they are fewer; else of a heavy tail, the same each time. */
function durations(): ReadonlyMap<string, number> {
  const known = recorded === undefined ? [] : Object.values(readHistory(recorded)).map(({ ms }) => ms);
  if (recorded !== undefined && known.length === 0) throw new Error(`${recorded} knows no file`);
  let state = 7;
  const chance = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state + 1) / (2 ** 31 + 1);
  };
  // Log-normal: half of them take less than a second, one in a hundred ten.
  const tail = () =>
    Math.round(1000 * Math.exp(Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance())));
  return new Map(
    Array.from({ length: files }, (_, index) => {
      const folder = String(index % 100).padStart(2, '0');
      return [`spec/${folder}/f${index}_spec.rb`, known[index % known.length] ?? tail()];
    }),
  );
}

function world(took: ReadonlyMap<string, number>) {
  const provider: Provider = {
    ...{ name: 'ssh', makes: false },
    probe: async () => ({ ok: true }),
    preview: async () => [],
    create: async ({ cluster, machines }) => ({
      ...{ id: cluster, provider: 'ssh', borrowed: true },
      machines: machines.map((spec) => ({
        ...{ ...spec, address: spec.name, ssh: { host: spec.name, user: 'me', port: 22 } },
      })),
    }),
    list: async () => [],
    destroy: async () => undefined,
  };
  const remote = (address: string): Remote =>
    ({ address, [Symbol.asyncDispose]: async () => undefined }) as Partial<Remote> as Remote;
  return {
    provider: async () => provider,
    connector: {
      connect: async ({ host }: { readonly host: string }) => remote(host),
      startAgent: async () => simulatedAgent({ took, startMs, runners: perNode }),
    },
  };
}
