import { describe, expect, test } from 'vitest';
import {
  bytes,
  machines,
  machinesSchema,
  settingsOfMachine,
} from '../../../main/providers/machine-options.ts';

const parse = (options: unknown) => machinesSchema.parse(options);
const mistakes = (options: unknown) =>
  machinesSchema
    .safeParse(options)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('machines({…})', () => {
  test('is any kind of machine', () => {
    expect(machines({ count: 3 })).toEqual({ provider: 'auto', options: { count: 3 } });
  });

  test('takes a number, or what each one shall be', () => {
    expect(parse({ count: 3 })).toMatchObject({ count: 3, os: 'bookworm', packages: [] });
    expect(parse({ nodes: [{ name: 'db', role: 'primary' }, {}] }).nodes).toEqual([
      { name: 'db', role: 'primary' },
      {},
    ]);
  });

  test('an entry may stand for several machines', () => {
    const entries = [{ name: 'db', count: 2, memory: '1G' }, { role: 'web', count: 2 }, { name: 'lb' }];
    expect(parse({ nodes: entries }).nodes).toEqual([
      { name: 'db0', memory: '1G' },
      { name: 'db1', memory: '1G' },
      { role: 'web' },
      { role: 'web' },
      { name: 'lb' },
    ]);
  });

  test.each([
    [{}, ': expected either count or nodes'],
    [{ count: 1, nodes: [{}] }, ': expected either count or nodes'],
    [{ count: 1, memory: '1M' }, 'memory: expected 64M or more: systemd and sshd need that much'],
    [{ nodes: [{ count: 150 }, { count: 51 }] }, 'nodes: expected 200 machines or fewer'],
    [{ nodes: [{ name: 'Db 1' }] }, 'nodes.0.name: expected a host name: a-z, 0-9 and hyphens'],
    [{ count: 1, packages: ['a,b'] }, 'packages.0: expected the name of a Debian package, or name=version'],
  ])('%j is wrong: %s', (options, message) => {
    expect(mistakes(options)).toEqual([message]);
  });
});

test('a machine’s own settings win over those for all', () => {
  const settings = parse({ nodes: [{ os: 'trixie', memory: '1G' }, {}], memory: '512M', cpus: 2 });
  expect(settingsOfMachine(settings, 0)).toMatchObject({ os: 'trixie', memory: '1G', cpus: 2 });
  expect(settingsOfMachine(settings, 1)).toMatchObject({ os: 'bookworm', memory: '512M', cpus: 2 });
});

test.each([
  [1000, 1000],
  ['512M', 512 * 1024 ** 2],
  ['1.5GiB', 1.5 * 1024 ** 3],
  ['2 kB', 2048],
])('%s is %i bytes', (size, expected) => {
  expect(bytes(size)).toBe(expected);
});
