import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { submitCommand } from '../../../main/commands/jobs/submit.ts';
import { sendContents } from '../../../main/jobs/client/travel/send-contents.ts';
import { unpack } from '../../../main/jobs/packages/package-folder.ts';
import { folder } from '../remotes/fake-node.ts';
import { aServer } from './fixtures/a-server.ts';
import { shellOf } from './fixtures/a-shell.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const place = dataFolder();
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
};
const server = aServer({ limits: { package: 1_000_000 } });
const shell = shellOf(server, place);

test('what was sent is told, and what the server has is not sent again', async () => {
  write(
    'tests/one/config/main.config.ts',
    "import { defineMain, nspawn } from 'shakedown';\nexport default defineMain({ nodes: nspawn({ count: 1 }) });\n",
  );
  write(
    'tests/one/config/node.config.ts',
    "import { defineNode } from 'shakedown';\nexport default defineNode({ debs: ['../../x.deb'] });\n",
  );
  write('tests/one/node_files/a', 'it');
  write('x.deb', 'deb'.repeat(1000));
  const first = await shell(submitCommand, ['run', 'tests/one']);
  expect(first.told).toMatch(
    /: sent 4 files, 3\.\d kB, 1 from outside of the folder: \.\.\/\.\.\/x\.deb; 4 new to the server, 3\.\d kB\n$/,
  );
  const again = await shell(submitCommand, ['run', 'tests/one']);
  expect(again.told).toContain('; nothing of it new to the server\n');
  write('tests/one/node_files/a', 'other');
  const third = await shell(submitCommand, ['run', 'tests/one']);
  expect(third.told).toContain('; 1 new to the server, 5 B\n');
  const { admin } = server();
  const [one, two, three] = await Promise.all(
    [first, again, third].map(async ({ printed }) => (await admin.job(printed.trim())).spec),
  );
  expect(one).toMatchObject({ args: ['tests/one'], package: two?.package });
  expect(three?.package).not.toBe(one?.package);
  const to = folder();
  await unpack(await admin.package(String(three?.package)), to);
  expect(readFileSync(join(to, 'tests/one/node_files/a'), 'utf8')).toBe('other');
  expect(statSync(join(to, 'x.deb')).size).toBe(3000);
});

test('what is more than the server takes is told with the largest of it, and is not read', async () => {
  write('big/go.sh', 'true');
  write('big/image', '');
  // A hole: to read it would take minutes.
  truncateSync(join(place, 'big/image'), 2 ** 40);
  const refused = shell(submitCommand, ['script', 'big/go.sh'], { with: 'big' });
  await expect(refused).rejects.toThrow(
    /more than the 1\.0 MB that the server takes; the largest of it:\n +1099512 MB {2}.*big\/image/,
  );
});

test('flags of another type are refused as they are written; a socket is told', async () => {
  write('s/go.sh', 'true');
  await expect(shell(submitCommand, ['script', 's/go.sh'], { nodeFiles: 'x' })).rejects.toThrow(
    "--node-files is not for 'script'",
  );
  await expect(shell(submitCommand, ['script', 's/go.sh'], { with: ['s', 's'] })).rejects.toThrow(
    'a script takes one folder along',
  );
  const socket = createServer().listen(join(place, 's/sock'));
  onTestFinished(() => void socket.close());
  const { told } = await shell(submitCommand, ['script', 's/go.sh'], { with: 's' });
  expect(told).toContain(`stays behind: ${place}/s/sock (a socket)`);
});

test('thousands of small files go in a few requests, a large one by itself; one that changed is told', async () => {
  const texts = Array.from({ length: 2500 }, (_, index) => `file ${index}`);
  const large = 'x'.repeat(70_000);
  const all = [large, ...texts].map((text, index) => {
    write(`many/f${index}`, text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { sha256, file: join(place, `many/f${index}`), size: text.length };
  });
  const { admin } = server();
  const [together, alone] = [vi.spyOn(admin, 'putContents'), vi.spyOn(admin, 'putContent')];
  const { signal } = new AbortController();
  await sendContents(admin, all, signal);
  expect([together, alone].map(({ mock }) => mock.calls.length)).toEqual([3, 1]);
  const digests = all.map(({ sha256 }) => sha256);
  expect((await admin.missingContents(digests)).missing).toEqual([]);
  write('many/f7', 'other by now');
  await expect(sendContents(admin, all.slice(1, 9), signal)).rejects.toThrow(
    /many\/f1, or one of 7 other files, changed while it was sent/,
  );
});
