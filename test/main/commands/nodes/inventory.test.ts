import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { nodesCommand } from '../../../../main/commands/nodes/nodes.ts';
import { folder, node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

const kept = async () => keptIn([(await node()).target]);

describe('nodes inventory', () => {
  test('is for Ansible unless told, and names the known_hosts file that it writes', async () => {
    const directory = await kept();
    const { code, stdout } = await inFolder(directory, nodesCommand, { args: ['inventory'] });
    expect(code).toBe(0);
    const knownHostsFile = join(directory, '.shakedown/known_hosts');
    expect(stdout).toMatch(/^db0 ansible_host=127\.0\.0\.1 /m);
    expect(stdout).toContain(knownHostsFile);
    expect(readFileSync(knownHostsFile, 'utf8')).toMatch(/^\[127\.0\.0\.1\]:\d+ ssh-ed25519 AAAA/);
  });

  test('in another format', async () => {
    const given = { args: ['inventory'], options: { format: 'json' } };
    const { stdout } = await inFolder(await kept(), nodesCommand, given);
    expect(JSON.parse(stdout)).toMatchObject({ nodes: [{ name: 'db0', role: 'primary', borrowed: true }] });
  });

  test('of no machines says how to get some', async () => {
    const asked = inFolder(folder(), nodesCommand, { args: ['inventory'] });
    await expect(asked).rejects.toThrow('There are no machines here');
  });
});

describe('nodes', () => {
  test.each([
    [['restart'], "There is no 'nodes restart'; there are up, down, list, inventory, reboot,"],
    [['list', 'here'], "'nodes list' takes no 'here'."],
    [['down', 'all'], "'nodes down' takes no 'all'."],
    [['up', 'here', 'there'], "'nodes up' takes no 'there'."],
    [['down'], 'There are no kept machines here.'],
  ])('%j is the user’s mistake', async (args, message) => {
    const asked = inFolder(folder(), nodesCommand, { args });
    await expect(asked).rejects.toBeInstanceOf(UsageError);
    await expect(inFolder(folder(), nodesCommand, { args })).rejects.toThrow(message);
  });

  test('list is what nodes alone is', async () => {
    const directory = await kept();
    const [long, short] = await Promise.all(
      [['list'], []].map((args) => inFolder(directory, nodesCommand, { args, options: { json: true } })),
    );
    expect(long?.stdout).toBe(short?.stdout);
    expect(JSON.parse(long?.stdout ?? '')).toMatchObject([{ name: 'db0', answers: true }]);
  });
});
