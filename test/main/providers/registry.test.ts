import { expect, test } from 'vitest';
import { everyProvider, providerNamed } from '../../../main/providers/registry.ts';

test('each kind of machine has a provider, the one to prefer first, and one puts several together', async () => {
  const names = (await everyProvider()).map(({ name }) => name);
  expect(names).toEqual(['nspawn', 'docker', 'qemu', 'ssh', 'vagrant', 'ec2', 'mixed']);
});

test('a provider is found by its name, the same one each time', async () => {
  const ssh = await providerNamed('ssh');
  expect(ssh.name).toBe('ssh');
  expect(await providerNamed('ssh')).toBe(ssh);
});

test.each(['lxd', 'constructor', ''])('there is none named %j: those there are are told', async (name) => {
  await expect(providerNamed(name)).rejects.toThrow(
    `There is no provider '${name}'; there are: nspawn, docker, qemu, ssh, vagrant, ec2, mixed.`,
  );
});
