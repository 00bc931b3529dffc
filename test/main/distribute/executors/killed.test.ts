import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { isAlive } from '../../../node-agent/agent-process.ts';
import { type Place, place, verdicts } from '../place.ts';

const python = { files: 'tests/test_*.py', command: ['/usr/bin/python3', '-m', 'pytest', '{files}'] };

/** Says what process runs it; the larger one is the slower one, as long as nothing is known. */
const says = (name: string, more = 'pass', size = 0) => ({
  [`tests/test_${name}.py`]: `import os, time
def test_${name}():
  open(os.environ['SAID'] + '/${name}', 'a').write(f'{os.getpid()} ')
  ${more}
${'#'.repeat(size)}`,
});

/** A test that goes on until there is such a file. */
const waits = (file: string) =>
  `\n  while not os.path.exists(os.environ['SAID'] + '/${file}'): time.sleep(0.02)`;

const all = (result: Awaited<ReturnType<Place['run']>>) => new Set(Object.values(verdicts(result)));

/** The processes that have run a test, as soon as there are so many. */
async function processesOf(home: string, name: string, count = 1): Promise<readonly number[]> {
  const file = join(home, name);
  // It is there a moment before anything is in it; 0 would be this process's own group.
  const said = () => (existsSync(file) ? (readFileSync(file, 'utf8').match(/\d+/g) ?? []).map(Number) : []);
  await vi.waitFor(() => expect(said()).toHaveLength(count), { interval: 10 });
  return said();
}

test('a process that is killed in the middle of a file costs no file its result', async () => {
  const few = Object.assign({}, ...Array.from({ length: 12 }, (_, index) => says(`f${index}`)));
  const { run, write, home } = place({ ...says('long', waits('end'), 900), ...few });
  const running = run({ ...python, localRunners: 1, env: { SAID: home } });
  const [busy] = await processesOf(home, 'long');
  process.kill(busy ?? 0, 'SIGKILL');
  await processesOf(home, 'long', 2);
  write('../home/end', '');
  const result = await running;
  expect(all(result)).toEqual(new Set(['pass']));
  expect(result.files).toHaveLength(13);
  expect(result.runners['0_0']?.filter((file) => file.includes('long'))).toHaveLength(2);
});

test('a process that is killed while it has nothing to do is no loss: the next file gets another one', async () => {
  const { run, write, home } = place({
    ...says('long', waits('end'), 900),
    ...says('a', 'pass', 500),
    ...says('b'),
  });
  const running = run({ ...python, localRunners: 2, copies: false, env: { SAID: home } });
  const [busy] = await processesOf(home, 'long');
  const [idle] = await processesOf(home, 'b');
  expect(idle).not.toBe(busy);
  for (const each of [idle, busy]) {
    process.kill(each ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(each ?? 0)).toBe(false));
  }
  // What the busy one had is run by either, in a process that is new.
  const again = await processesOf(home, 'long', 2);
  expect([idle, busy]).not.toContain(again[1]);
  write('../home/end', '');
  const result = await running;
  expect([all(result), result.files.length]).toEqual([new Set(['pass']), 3]);
});

test('processes that are killed as soon as a file has ended in them: every file has its result', async () => {
  const files = Object.assign(
    {},
    ...Array.from({ length: 30 }, (_, index) => says(`f${index}`, 'time.sleep(0.02)', 30 - index)),
  );
  const { run, home } = place(files);
  let ended = 0;
  const onResult = ({ file }: { readonly file: string }) => {
    ended += 1;
    if (ended % 10 !== 0) return;
    const said = readFileSync(join(home, file.slice('tests/test_'.length, -'.py'.length)), 'utf8');
    process.kill(Number(said.trim().split(' ').at(-1)), 'SIGKILL');
  };
  const result = await run({ ...python, localRunners: 1, env: { SAID: home } }, { onResult });
  expect([all(result), result.files.length]).toEqual([new Set(['pass']), 30]);
  expect(new Set(result.files.map(({ ran }) => ran?.process)).size).toBeGreaterThanOrEqual(3);
});

/** The agents that this process has started, by their node. */
function agentOf(node: number): number {
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const read = (what: string) => {
      try {
        return readFileSync(`/proc/${id}/${what}`, 'utf8');
      } catch {
        return '';
      }
    };
    const [, parent] = /^PPid:\t(\d+)$/m.exec(read('status')) ?? [];
    const argv = read('cmdline').split('\0');
    if (Number(parent) === process.pid && argv[argv.indexOf('--shared') + 1]?.endsWith(`-${node}`))
      return Number(id);
  }
  throw new Error(`there is no agent of node ${node}`);
}

test('an agent that is killed takes its warm processes with it, and no file its result', async () => {
  const node = (number: number) =>
    `\n  if os.environ['NODE'] == '${number}': open(os.environ['SAID'] + '/on${number}', 'a').write(f'{os.getpid()} '); time.sleep(300)`;
  const few = Object.assign({}, ...Array.from({ length: 10 }, (_, index) => says(`f${index}`, node(0))));
  const { run, home } = place(few);
  const SAID = home;
  const nodes = [
    { NODE: '0', SAID },
    { NODE: '1', SAID },
  ];
  const config = { ...python, nodes: ['10.99.0.0', '10.99.0.1'], runners: 2 };
  const running = run(config, { nodes });
  const hung = await processesOf(home, 'on0', 2);
  process.kill(agentOf(0), 'SIGKILL');
  const result = await running;
  expect(result.files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(result.files).toHaveLength(10);
  expect(new Set(result.files.map(({ ran }) => ran?.node))).toEqual(new Set([1]));
  expect(new Set(result.outOfUse.map((out) => out.node))).toEqual(new Set([0]));
  await vi.waitFor(() => expect(hung.filter(isAlive)).toEqual([]));
});
