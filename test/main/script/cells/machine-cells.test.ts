import { describe, expect, test } from 'vitest';
import { machineCells, matrixOf } from '../../../../main/script/cells/machine-cells.ts';
import type { ScriptMachine } from '../../../../main/script/script-options.ts';

const cells = (...wanted: readonly ScriptMachine[]) => machineCells(wanted, 'nspawn', '/here');
const names = (...wanted: readonly ScriptMachine[]) =>
  cells(...wanted).flatMap(({ machines }) => machines.map(({ name }) => name));

describe('the machines of a script', () => {
  test('are one of whichever kind works, unless more is said', () => {
    expect(cells({})).toEqual([
      {
        ...{ provider: 'nspawn', options: { count: 1 }, first: 0, os: 'bookworm' },
        machines: [{ id: 0, name: 'node0' }],
      },
    ]);
  });

  test('take the options of their provider', () => {
    const [cell] = cells({ os: 'trixie', memory: '1G', packages: ['make'], count: 2 });
    expect(cell).toMatchObject({
      ...{ os: 'trixie', options: { os: 'trixie', memory: '1G', packages: ['make'], count: 2 } },
      machines: [{ name: 'node0' }, { name: 'node1' }],
    });
  });

  test('may be there already', () => {
    const [cell] = cells({ provider: 'ssh', hosts: ['admin@10.0.0.5', 'db.example'] });
    expect(cell).toMatchObject({ provider: 'ssh', options: { hosts: ['admin@10.0.0.5', 'db.example'] } });
    expect(cell?.os).toBeUndefined();
    expect(cell?.machines.map(({ name }) => name)).toEqual(['node0', 'db.example']);
  });

  test('are told by their release, where their kind has one', () => {
    expect(cells({})[0]?.os).toBe('bookworm');
    expect(cells({ provider: 'vagrant', box: 'owner/box' })[0]?.os).toBeUndefined();
  });

  test('have names of their own throughout the run', () => {
    expect(names({ name: 'a' }, { name: 'b', count: 2 })).toEqual(['a', 'b-0', 'b-1']);
    expect(names({}, { count: 2 })).toEqual(['node0', 'node1', 'node2']);
    expect(names({ name: 'a' }, { name: 'a' })).toEqual(['node0', 'node1']);
    expect(cells({ count: 2 }, {}).map(({ first }) => first)).toEqual([0, 2]);
  });

  test('that are asked for wrongly are told all at once', () => {
    const wrong = () => cells({ memory: 'much' }, { oss: 'trixie' }, { provider: 'ssh', hosts: [] });
    expect(wrong).toThrow(/memory: .*\n.*oss.*\n.*at least one machine/);
    expect(() => cells({ provider: 'hal' })).toThrow("found 'hal', expected one of: auto, nspawn");
  });
});

describe('a matrix', () => {
  test('makes a machine of each combination, named after its values', () => {
    const made = matrixOf({ cpus: 1 }, ['os=bookworm,trixie', 'memory=512M,1G']);
    expect(made).toEqual([
      { cpus: 1, os: 'bookworm', memory: '512M', name: 'bookworm-512m' },
      { cpus: 1, os: 'bookworm', memory: '1G', name: 'bookworm-1g' },
      { cpus: 1, os: 'trixie', memory: '512M', name: 'trixie-512m' },
      { cpus: 1, os: 'trixie', memory: '1G', name: 'trixie-1g' },
    ]);
    expect(matrixOf({}, ['cpus=0.5,2']).map(({ cpus, name }) => [cpus, name])).toEqual([
      [0.5, '0-5'],
      [2, '2'],
    ]);
    expect(matrixOf({}, [])).toEqual([{}]);
  });

  test.each(['os', 'os=', 'os=a,', 'os=a,a', '=a'])('cannot be %j', (written) => {
    expect(() => matrixOf({}, [written])).toThrow(`--matrix ${written}: expected name=value,value`);
  });

  test('has each name once', () => {
    expect(() => matrixOf({}, ['os=a,b', 'os=c'])).toThrow('os is there twice');
  });
});
