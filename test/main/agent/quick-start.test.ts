import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type InstalledAgent, installAgent } from '../../../main/agent/install.ts';
import { quickStart } from '../../../main/agent/quick-start.ts';
import { LocalRemote } from './local-remote.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const log = () => {};
const packOf = (agent: string): string => agent.replace(/cjs$/, 'pack');

/** A node, and a runtime that tells what it was given. */
function prepared() {
  const [cacheDir, own] = [folder(), join(folder(), 'node')];
  writeFileSync(own, '#!/bin/sh\necho "$1 $2 $3, $NODE_OPTIONS"\n', { mode: 0o755 });
  process.env.SHAKEDOWN_NODE_RUNTIME = own;
  onTestFinished(() => void delete process.env.SHAKEDOWN_NODE_RUNTIME);
  const options = { cacheDir, log, nodeCache: join(folder(), 'cache') };
  const remote = new LocalRemote({ NODE_OPTIONS: '--inspect' });
  return { remote, options, start: () => quickStart(remote, ['--shared', 'a b'], options) };
}

test('what was put there is started, with its arguments and without the login’s NODE_OPTIONS', async () => {
  const { remote, options, start } = prepared();
  expect(await start()).toBeUndefined();
  const { agent } = await installAgent(remote, options);
  const child = await start();
  if (!child) throw new Error('it was not started');
  expect(await text(child.stdout)).toBe(`${agent} --shared a b, \n`);
});

test.each<[string, (there: InstalledAgent) => unknown]>([
  ['the agent is another one', ({ agent }) => appendFileSync(agent, '\n// evil\n')],
  ['the agent was changed', ({ agent }) => writeFileSync(agent, "eval('evil')\n")],
  ['the agent was cut', ({ agent }) => truncateSync(agent, 30)],
  ['what the agent loads is another one', ({ agent }) => appendFileSync(packOf(agent), 'evil')],
  [
    'what the agent loads was changed and has its size',
    ({ agent }) => writeFileSync(packOf(agent), 'evil', { flag: 'r+' }),
  ],
  ['what the agent loads is gone', ({ agent }) => rmSync(packOf(agent))],
  ['the agent is gone', ({ agent }) => rmSync(agent)],
  [
    'the agent is a link',
    ({ agent }) => rename(agent, `${agent}.x`).then(() => symlinkSync(`${agent}.x`, agent)),
  ],
  ['the runtime has another size', ({ runtime }) => truncateSync(runtime, 20)],
  [
    'the runtime was changed and has its size',
    ({ runtime }) => writeFileSync(runtime, 'evil', { flag: 'r+' }),
  ],
  ['the runtime may not be run', ({ runtime }) => chmodSync(runtime, 0o644)],
  ['others may write there', ({ agent }) => chmodSync(dirname(agent), 0o777)],
])('nothing runs where %s', async (_, spoil) => {
  const { remote, options, start } = prepared();
  const installed = await installAgent(remote, options);
  // What is remembered of the first start must not be enough.
  expect(await start()).toBeDefined();
  await spoil(installed);
  expect(await start()).toBeUndefined();
});

test('the agent is read whole at its first start, and again only where it may be another one', async () => {
  const { remote, options, start } = prepared();
  const { agent } = await installAgent(remote, options);
  await start();
  const stamp = agent.replace(/cjs$/, 'read');
  const first = readFileSync(stamp, 'utf8');
  const { size } = statSync(packOf(agent));
  expect(first).toMatch(new RegExp(`^\\d+ ${size} .* [0-9a-f]{64}\n$`));
  await start();
  expect(readFileSync(stamp, 'utf8')).toBe(first);
  utimesSync(packOf(agent), 1, 1);
  expect(await start()).toBeDefined();
  expect(readFileSync(stamp, 'utf8')).not.toBe(first);
});
