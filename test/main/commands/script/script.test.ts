import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { scriptCommand } from '../../../../main/commands/script/script.ts';
import { scriptMachines } from '../../../../main/commands/script/script-machines.ts';
import { folder } from '../../remotes/fake-node.ts';
import { inFolder } from '../kept-machines.ts';

const machines = (options: Readonly<Record<string, unknown>>) => scriptMachines({ rest: [], ...options });

describe('the flags of shakedown script', () => {
  test('say which machines it runs on', () => {
    expect(machines({})).toEqual([{}]);
    const given = {
      provider: 'qemu',
      os: 'trixie',
      count: 2,
      package: ['make', 'gcc'],
      machine: 'memory=1G',
    };
    // qemu may not be a kind here.
    expect(machines({ ...given, provider: 'nspawn' })).toEqual([
      { provider: 'nspawn', os: 'trixie', count: 2, packages: ['make', 'gcc'], memory: '1G' },
    ]);
    expect(machines({ nodes: 'a,admin@b:2222' })).toEqual([
      { provider: 'ssh', hosts: ['a', 'admin@b:2222'] },
    ]);
    const matrix = machines({ matrix: ['os=bookworm,trixie', 'provider=nspawn'], machine: ['cpus=2'] });
    expect(matrix).toEqual([
      { cpus: 2, os: 'bookworm', provider: 'nspawn', name: 'bookworm-nspawn' },
      { cpus: 2, os: 'trixie', provider: 'nspawn', name: 'trixie-nspawn' },
    ]);
  });

  test.each([
    [{ count: 0 }, /--count: found '0'/],
    [{ provider: 'hal' }, /--provider: found 'hal', expected one of/],
    [{ provider: 'nspwan' }, /--provider: found 'nspwan'; did you mean 'nspawn'\?/],
    [{ provider: 'ssh' }, /--provider ssh: which machines/],
    [{ matrix: 'os' }, /--matrix os: expected name=value,value/],
    [{ matrix: 'os=' }, /--matrix os=: expected name=value,value/],
    [
      { nodes: 'a', matrix: 'os=a', package: 'make', machine: 'cpus=1' },
      /--matrix.*\n--package.*\n--machine/,
    ],
    [{ nodes: 'a', os: 'trixie' }, /--os: cannot go together with --nodes/],
    [{ matrix: 'os=a,b', os: 'trixie' }, /os has a value already/],
    [{ machine: 'memory' }, /--machine takes name=value/],
  ])('that are wrong are told: %j', (options, message) => {
    expect(() => machines(options)).toThrow(message);
    expect(() => machines(options)).toThrow(UsageError);
  });
});

describe('shakedown script finds mistakes before there is a machine', () => {
  test.each([
    [{}, 'none.sh', /There is no script .*none\.sh/],
    [{ env: 'NOT_SET_HERE' }, 'it.sh', /no such variable here/],
    [{ env: '1A=x' }, 'it.sh', /'1A' is no name/],
    [{ timeout: 'soon' }, 'it.sh', /--timeout takes seconds; found 'soon'/],
    [{ timeout: 0 }, 'it.sh', /more than 0/],
    [{ timeout: 1e9 }, 'it.sh', /at most/],
    [{ with: 'none' }, 'it.sh', /There is no folder .*none/],
    [{ with: 'it.sh' }, 'it.sh', /is no folder/],
    [{ get: '' }, 'it.sh', /get: expected a path/],
    [{ out: 'it.sh' }, 'it.sh', /is no folder, so no files/],
    [{ tty: true }, '-', /cannot have the terminal too/],
    [{ provider: 'nspawn', machine: 'memory=lots' }, 'it.sh', /memory: /],
    [{ provider: 'nspawn', machine: 'colour=red' }, 'it.sh', /colour: unknown key; known are: .*memory/],
    [{ machine: 'memroy=1G' }, 'it.sh', /memroy: unknown key; did you mean 'memory'\?/],
    [{ provider: 'ec2', os: 'trxie' }, 'it.sh', /no operating system 'trxie'; did you mean 'trixie'/],
    [{ key: 'none' }, 'it.sh', /There is no key .*none/],
    [{ env: '=x' }, 'it.sh', /--env =x: the name is missing/],
  ])('%j %s', async (options, file, message) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'it.sh'), 'true\n');
    const ran = inFolder(cwd, scriptCommand, { args: [file], options });
    await expect(ran).rejects.toThrow(message);
    await expect(ran).rejects.toThrow(UsageError);
  });
});
