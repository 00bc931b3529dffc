// `vagrant up`, `vagrant ssh -c true`, `vagrant destroy -f` by hand, of the same box, with the two
// settings that make vagrant quick: which guest it is, and that its well-known key may stay.
// Without them bare takes half as long again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bare } from './bare.ts';

const vagrantfile = `Vagrant.configure('2') do |config|
  config.vm.box = 'e2e'
  config.vm.guest = :debian
  config.ssh.insert_key = false
  config.vm.synced_folder '.', '/vagrant', disabled: true
end
`;

export async function bareVagrant(): Promise<Bare> {
  const home = mkdtempSync(join(tmpdir(), 'bare-vagrant-'));
  writeFileSync(join(home, 'Vagrantfile'), vagrantfile);
  const env = { ...process.env, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_BOX_UPDATE_CHECK_DISABLE: '1' };
  const vagrant = (...args: string[]) => execFileSync('vagrant', args, { cwd: home, env, stdio: 'pipe' });
  const byHand = 'vagrant up --provider lxc; vagrant ssh -c true; vagrant destroy -f';
  return {
    spawn: async () => {
      try {
        vagrant('up', '--provider', 'lxc');
        vagrant('ssh', '-c', 'true');
      } finally {
        vagrant('destroy', '-f');
      }
    },
    byHand: () => execFileSync('bash', ['-ec', byHand], { cwd: home, env, stdio: 'ignore' }),
    end: async () => rmSync(home, { recursive: true, force: true }),
  };
}
