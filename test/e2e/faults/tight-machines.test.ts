import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mainConfig, readLatest, scenario, shakedown, write } from '../harness.ts';
import { machineThatExists } from '../machine-that-exists.ts';

test('places that are full, noexec or for reading only are told, and another one is taken', async () => {
  const there = await machineThatExists();
  const mounted = (options: string, ...places: readonly string[]) =>
    there.onNode(places.map((place) => `mount -t tmpfs -o ${options} tmpfs ${place}`).join(' && '));
  const unmounted = (...places: readonly string[]) => there.onNode(`umount ${places.join(' ')}`);
  const directory = scenario({
    'config/main.config.ts': mainConfig(`nodes: ssh(['${there.address}'])`),
    's.sh': '#!/bin/sh\necho "$PWD"\n',
  });
  write(directory, 'home/.ssh/known_hosts', `${there.address} ${there.hostKey}\n`);
  const env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const how = ['-k', there.keyFile, '-u', 'root'];
  const run = () => shakedown(directory, ['run', ...how], env);
  const script = () => shakedown(directory, ['script', 's.sh', '--nodes', there.address, ...how], env);

  // Nothing fits there, and by SFTP nothing comes: what is staged would lie in /var/tmp.
  await mounted('size=64k,mode=1777', '/var/cache', '/tmp', '/var/tmp');
  const tight = await run();
  expect(tight.exitCode, tight.all).toBe(0);
  expect(readLatest(directory, 'nodes/0/tester.log')).toMatch(
    /the agent goes to \/usr\/local\/lib\/shakedown[\s\S]*could not be sent to \/var\/tmp[\s\S]*through the channel/,
  );
  expect(await script()).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\/root\/shakedown-script/),
  });

  await unmounted('/tmp', '/var/tmp');
  await mounted('noexec,mode=1777', '/var/tmp');
  expect(await script()).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\/tmp\/shakedown-script/),
  });
  await mounted('ro,mode=1777', '/tmp');
  await there.onNode(
    'mount --bind /root /root; mount -o remount,noexec,bind /root; mount -o remount,noexec,bind /run',
  );
  const nowhere = await script();
  expect(nowhere.exitCode, nowhere.all).toBe(3);
  expect(nowhere.all).toMatch(
    /there is no place on the machine for the script[\s\S]*\/var\/tmp: no program may be run from there[\s\S]*\/tmp: .*Read-only file system/,
  );
  await unmounted('/tmp', '/var/tmp', '/root', '/var/cache');

  // As on an appliance: what is not in memory cannot be written.
  const folders = ['/usr', '/var', '/srv', '/root', '/opt', '/etc'];
  await there.onNode(
    folders.map((each) => `mount --bind ${each} ${each}; mount -o remount,ro,bind ${each}`).join('; '),
  );
  await mounted('mode=755', '/srv');
  const appliance = await run();
  expect(appliance.exitCode, appliance.all).toBe(0);
  expect(await there.onNode('ls /run/shakedown; ls -A /srv/shakedown')).toBe('agent');
  await unmounted('/srv');
  await mounted('size=64k,mode=755', '/srv');
  write(directory, 'node_files/big', 'x'.repeat(200_000));
  const full = await run();
  expect(full.exitCode, full.all).toBe(3);
  expect(full.all).toMatch(/no space left on the node for \/srv\/shakedown[\s\S]*64K .*100% \/srv/);
  await unmounted('/srv');
  const nothing = await run();
  expect(nothing.exitCode, nothing.all).toBe(3);
  expect(nothing.all).toMatch(
    /First cause\n {2}Node 0 .*ship: files could not be written to \/srv\/shakedown[\s\S]*for reading only: name a place/,
  );
});
