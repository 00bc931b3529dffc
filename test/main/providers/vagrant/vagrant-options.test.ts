import { describe, expect, test } from 'vitest';
import { wantedMachines } from '../../../../main/providers/vagrant/declared-machines.ts';
import {
  boxFor,
  locatedVagrantfile,
  vagrant,
  vagrantOptionsSchema,
} from '../../../../main/providers/vagrant/vagrant-options.ts';

const complaints = (options: unknown) =>
  (vagrantOptionsSchema.safeParse(options).error?.issues ?? []).map(({ path, message }) =>
    [...path, message].join(': '),
  );

describe('vagrant({…})', () => {
  test.each([
    { count: 3 },
    { count: 1, box: 'generic/alpine318', boxVersion: '>= 4.3', provider: 'libvirt', memory: '1G', cpus: 2 },
    { nodes: [{ os: 'bookworm' }, { os: 'noble' }], boxes: { noble: 'bento/ubuntu-24.04' } },
    { count: 1, box: 'mine', boxUrl: 'https://example.org/mine.box' },
    { count: 1, os: 'debian-13', packages: ['etcd-server'], network: '192.168.56.0/24', bootTimeout: 900 },
    { vagrantfile: '../Vagrantfile' },
    { vagrantfile: '.', machines: ['web', { name: 'db.1', role: 'primary' }], count: 1, provider: 'lxc' },
  ])('takes %j', (options) => expect(complaints(vagrant(options).options)).toEqual([]));

  test.each([
    [{}, 'expected either count or nodes, or a vagrantfile'],
    [{ count: 1, nodes: [{}] }, 'expected either count or nodes, or a vagrantfile'],
    [{ vagrantfile: 'v', box: 'x' }, 'box: it stands in the Vagrantfile'],
    [{ vagrantfile: 'v', memory: '1G' }, 'memory: it stands in the Vagrantfile'],
    [{ vagrantfile: 'v', packages: ['etcd'] }, 'packages: provision them in the Vagrantfile'],
    [{ count: 1, machines: ['web'] }, 'machines: it names machines of a vagrantfile, which is not given'],
    [{ count: 1, os: 'noble' }, "os: no box of 'noble' is known: name one, as boxes: { noble: 'owner/box' }"],
    [{ count: 1, os: 'bookwrom' }, "os: There is no operating system 'bookwrom'; did you mean 'bookworm'?"],
    [{ count: 1, boxUrl: '/a.box' }, 'boxUrl: it is the URL of a box, which is not given'],
  ])('refuses %j', (options, complaint) => expect(complaints(options)).toContain(complaint));

  test.each([
    { count: 1, box: 'x"; system("rm")' },
    { count: 1, box: 'x', boxVersion: "1'" },
    { count: 1, provider: 'Lib Virt' },
    { count: 1, network: '10.0.0.0' },
    { count: 1, bootTimeout: 0 },
    { vagrantfile: 'v', machines: ['../x'] },
    { vagrantfile: 'v', machines: [] },
    { vagrantfile: '' },
    { cuont: 1 },
  ])('refuses %j', (options) => expect(complaints(options)).not.toEqual([]));
});

describe('the box of a machine', () => {
  test('is the one of its release, else the one for all, else Debian’s own', () => {
    const boxes = { trixie: 'mine/trixie' };
    expect(boxFor({ boxes, box: 'for/all' }, 'trixie')).toBe('mine/trixie');
    expect(boxFor({ boxes, box: 'for/all' }, 'bookworm')).toBe('for/all');
    expect(boxFor({ boxes }, 'bookworm')).toBe('debian/bookworm64');
    expect(boxFor({}, 'debian-12')).toBe('debian/bookworm64');
    expect(boxFor({}, 'jammy')).toBeUndefined();
  });
});

describe('the machines that a config knows of', () => {
  test('are as many as are counted or listed', () => {
    expect(wantedMachines({ count: 2 })).toHaveLength(2);
    expect(wantedMachines({ nodes: [{ name: 'db', role: 'primary' }] })).toMatchObject([
      { name: 'db', role: 'primary' },
    ]);
  });

  test('are those that are named of a Vagrantfile, or the first so many of them', () => {
    const machines = ['web', { name: 'db', role: 'primary' }];
    const vagrantfile = '/nonexistent/Vagrantfile';
    expect(wantedMachines({ vagrantfile, machines })).toEqual([
      { name: 'web' },
      { name: 'db', role: 'primary' },
    ]);
    expect(wantedMachines({ vagrantfile, machines, count: 1 })).toEqual([{ name: 'web' }]);
    expect(() => wantedMachines({ vagrantfile, machines, count: 3 })).toThrow('3 machines are wanted');
  });

  test('of a Vagrantfile that is not there cannot be known', () =>
    expect(() => wantedMachines({ vagrantfile: '/nonexistent/Vagrantfile' })).toThrow(
      'There is no Vagrantfile at /nonexistent/Vagrantfile.',
    ));
});

test('a Vagrantfile’s path is relative to the scenario’s folder', () => {
  expect(locatedVagrantfile({ vagrantfile: '../up', count: 1 }, '/a/scenario')).toEqual({
    vagrantfile: '/a/up',
    count: 1,
  });
  expect(locatedVagrantfile({ count: 1 }, '/a/scenario')).toEqual({ count: 1 });
});
