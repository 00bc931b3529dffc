import { execa } from 'execa';
import { expect, test } from 'vitest';
import {
  clusterIds,
  leftovers,
  mainConfig,
  nodeConfig,
  program,
  readLatest,
  scenario,
  shakedown,
} from './harness.ts';

/**
 * Runs a line of bash in which `shakedown` is the program; gives the program's exit code, and what was said.
 */
async function bash(line: string, cwd: string) {
  const script = `shakedown() { "$NODE" "$PROGRAM" "$@"; }; ${line}; exit \${PIPESTATUS[0]}`;
  const env = { NODE: process.execPath, PROGRAM: program, NO_COLOR: '1' };
  return execa('bash', ['-c', script], { cwd, env, reject: false, stdin: 'ignore' });
}

const checked = {
  'config/main.config.ts': mainConfig(
    "nodes: nspawn({ count: 1 }), checks: [command({ name: 'it runs', command: 'true' })]",
  ),
};

/** The evidence is there, and no machine. */
async function allCameHome(directory: string): Promise<void> {
  expect(JSON.parse(readLatest(directory, 'run.json'))).toMatchObject({ verdict: 'pass', exitCode: 0 });
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(await leftovers(clusterIds(directory))).toEqual([]);
}

test.each(['run', 'run --json'])(
  '%s | head -2: the run goes on, all comes home, and then 141',
  async (words) => {
    const directory = scenario(checked);
    const { exitCode, stdout, stderr } = await bash(`shakedown ${words} | head -2`, directory);
    expect({ exitCode, stderr, lines: stdout.split('\n').length }).toEqual({
      exitCode: 141,
      stderr: '',
      lines: 2,
    });
    await allCameHome(directory);
  },
);

test('run > /dev/full: the same, and then 3', async () => {
  const directory = scenario(checked);
  const { exitCode, stderr } = await bash('shakedown run > /dev/full', directory);
  expect(stderr).toBe(
    'shakedown: not all could be written to stdout: ENOSPC: no space left on device, write',
  );
  expect(exitCode).toBe(3);
  await allCameHome(directory);
});

test('the terminal is closed: the evidence comes home, and no machine is left', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 1 }), checks: [command({ name: 'long', command: 'sleep 60' })]",
    ),
  });
  // script(1) has the terminal; when it is killed, that is gone for good.
  const line = `stty columns 100 rows 30; '${process.execPath}' '${program}' run; echo $? > code`;
  const terminal = execa('setsid', ['script', '-qec', line, '/dev/null'], { cwd: directory, reject: false });
  await expect.poll(() => events(directory), { timeout: 60_000 }).toContain('check-started');
  terminal.kill('SIGKILL');
  await terminal;
  await expect.poll(() => events(directory), { timeout: 60_000 }).toContain('run-ended');
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  await expect.poll(() => leftovers(clusterIds(directory)), { timeout: 60_000 }).toEqual([]);
});

function events(directory: string): string {
  try {
    return readLatest(directory, 'events.ndjson');
  } catch {
    return '';
  }
}

test('lines of the journal that are no UTF-8, and such with bells and colours, come home as text, and whole', async () => {
  const directory = scenario({
    'config/node.config.ts': nodeConfig(
      "place: [{ from: 'odd.service', to: '/etc/systemd/system/odd.service' }], services: [{ name: 'odd', unit: 'odd', ready: { log: '^done' } }]",
    ),
    'node_files/odd.service': '[Service]\nExecStart=/bin/sh /srv/shakedown/odd.sh\n',
    'node_files/odd.sh': String.raw`printf 'caf\351 \007bell \033[31mred\033[0m\n'
head -c 9000 /dev/zero | tr '\0' x; echo
echo done; exec sleep 1000
`,
  });
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).toBe(0);
  const log = readLatest(directory, 'nodes/0/logs/odd.log');
  expect(log).toContain(': caf\\xe9 \\x07bell red\n');
  expect(log).toContain(`: ${'x'.repeat(9000)}\n`);
  expect(readLatest(directory, 'nodes/0/logs/journal.log')).toContain('caf\\xe9');
  expect(log).not.toContain('blob data');
});
