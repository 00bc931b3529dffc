import { expect, test } from 'vitest';
import { serverCommand } from '../../../../main/commands/jobs/server.ts';
import { aServer } from '../../jobs/fixtures/a-server.ts';
import { Visitor } from '../../jobs/pages/visitor.ts';
import { runCommand } from '../command-run.ts';

const server = aServer();

async function user(args: readonly string[], more: { stdin?: string; role?: string } = {}) {
  const { url, token } = server();
  const { stdin = '', ...options } = more;
  return await runCommand(serverCommand, {
    ...{ args: ['user', ...args], options: { server: url, token, ...options }, cwd: '/', stdin },
  });
}

test('a user is added with a password from stdin, listed, and removed', async () => {
  await user(['add', 'alice'], { stdin: 'correct horse\nnot this\n', role: 'submit' });
  expect((await user(['list'])).stdout).toMatch(/^NAME +ROLE +MADE\nalice +submit /);
  const visitor = new Visitor(server().url);
  expect((await visitor.logIn({ name: 'alice', password: 'correct horse' })).status).toBe(303);
  await user(['remove', 'alice']);
  expect((await user(['list'])).stdout).not.toContain('alice');
  expect((await visitor.get('/jobs')).status).toBe(303);
});

test.each([
  [['add', 'bob'], { stdin: 'short\n' }, /password: Too small/],
  [['add', 'bob'], { stdin: '\n' }, /A password is needed/],
  [['add', 'bob'], { stdin: 'long enough\n', role: 'king' }, /role/],
  [['add'], {}, /which\?/],
  [['rename', 'bob'], {}, /there is no such action/],
  [['remove', 'nobody'], {}, /there is no user nobody/],
])('%j is refused with a sentence', async (args, more, message) => {
  await expect(user(args, more)).rejects.toThrow(message);
});
