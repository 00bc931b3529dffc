import { describe, expect, test } from 'vitest';
import { readFlags, type VirtFlags, wantedMachine } from '../../../main/virt/flags.ts';

const read = (...args: readonly string[]): VirtFlags => {
  const flags = readFlags(args);
  if (flags === 'help') throw new Error('help was asked for');
  return flags;
};

const wanted = (...args: readonly string[]) => {
  const flags = read(...args);
  return wantedMachine(flags, flags.provider ?? (flags.host === undefined ? 'nspawn' : 'ssh'));
};

describe('the command line', () => {
  test('asks for one machine of a kind', () => {
    const { machines, options } = wanted(
      ...['--provider', 'nspawn', '--os', 'trixie', '--memory', '512M', '--cpus', '0.5'],
      ...['--package', 'dpkg-dev', '--package', 'build-essential'],
    );
    expect(machines).toEqual([{ id: 0, name: 'testbed' }]);
    expect(options).toEqual({
      count: 1,
      os: 'trixie',
      memory: '512M',
      cpus: 0.5,
      packages: ['dpkg-dev', 'build-essential'],
    });
  });

  test('or names one that exists, and how to log in', () => {
    const { machines, options, login } = wanted('--nodes', 'box.example', '-k', '/key', '-u', 'joe');
    expect(machines).toHaveLength(1);
    expect(options).toEqual({ hosts: ['box.example'] });
    expect(login).toEqual({ keyFile: '/key', user: 'joe' });
  });

  test('leaves what it does not say to the provider', () => expect(wanted().options).toEqual({ count: 1 }));

  test('may ask for help', () => expect(readFlags(['--help'])).toBe('help'));

  test.each([
    [['--povider', 'qemu'], "There is no option '--povider'. Did you mean '--provider'?"],
    [['--zoo'], "There is no option '--zoo'."],
    [['build.sh'], 'build.sh'],
    [['--cpus', 'many'], "--cpus takes a number; found 'many'"],
    [['--timeout', '0'], "--timeout takes seconds; found '0'"],
    [['--nodes', 'a,b'], "one machine; found '--nodes a,b'"],
    [['--nodes', 'a', '--memory', '1G'], 'taken as it is'],
    [['--nodes', 'a', '--provider', 'qemu'], 'taken as it is'],
  ])('is refused when it cannot be meant: %j', (args, message) => {
    expect(() => readFlags(args)).toThrow(message);
  });

  test.each([
    [['--memory', 'much'], '--memory: '],
    [['--package', 'Not A Package'], '--package: '],
    [['--provider', 'ssh'], 'name one with --nodes'],
    [['--provider', 'cloud'], "found 'cloud'"],
  ])('is refused when the provider cannot do it: %j', (args, message) => {
    expect(() => wanted(...args)).toThrow(message);
  });
});
