import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import { latest, start, write } from '../harness.ts';
import { ctx, during, provider } from '../nspawn-cluster.ts';

test('a node that loses its power while its frameworks are loaded costs no file its result', async () => {
  const cluster = await during(2, { packages: ['python3-pytest', 'ruby-rspec'] }, { user: 'ann' });
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-warm-e2e-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { machines } = cluster;
  const known = machines.map(({ address, ssh }) => `${address} ${ssh.hostKey}\n`);
  write(directory, 'home/.ssh/known_hosts', known.join(''));
  write(directory, '.gitignore', 'home/\n');
  write(directory, 'conftest.py', '');
  const body =
    "import socket, time\ndef test_a(): time.sleep(300 if socket.gethostname() == 'n1' else 0.1)\n";
  for (let file = 0; file < 12; file += 1) write(directory, `tests/test_${file}.py`, body);
  const nodes = machines.map(({ address }) => `ann@${address}`).join(',');
  const args = ['--nodes', nodes, '--key', machines[0]?.ssh.keyFile ?? '', '--runners', '2', '--json'];
  const env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const running = start(directory, ['distribute', ...args], env);
  const log = () => {
    const file = join(latest(directory), 'events.ndjson');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  await expect.poll(log, { interval: 100, timeout: 90_000 }).toMatch(/"files-begun","runner":"1_0"/);
  await provider.powerOff({ cluster, machine: 1 }, ctx);
  const { exitCode, all, stdout } = await running;
  expect(exitCode, all).toBe(0);
  const { files, outOfUse }: DistributeResult = JSON.parse(stdout);
  expect(files.map(({ verdict, ran }) => [verdict, ran?.node])).toEqual(Array(12).fill(['pass', 0]));
  expect(
    files.some(({ ran }) => ran?.process !== undefined),
    'by processes that stay',
  ).toBe(true);
  expect(new Set(outOfUse.map(({ node }) => node))).toEqual(new Set([1]));
});
