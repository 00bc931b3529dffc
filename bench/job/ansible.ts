import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether Ansible (Debian: ansible-core) is there to be measured beside. */
export const hasAnsible = (): boolean => spawnSync('ansible-playbook', ['--version']).status === 0;

/**
 * What the playbook needs, made in `folder`; `files` has the node files, `sshConfig` leads to the nodes, by
 * name and address. Gives the arguments of ansible-playbook(1), which is told to run in that folder.
 * Pipelining and ten forks, as who knows it sets them.
 */
export function ansibleJob(
  folder: string,
  files: string,
  sshConfig: string,
  nodes: readonly (readonly [name: string, address: string])[],
): readonly string[] {
  mkdirSync(folder);
  const archive = join(folder, 'node_files.tar');
  const packed = spawnSync('tar', ['-c', '-f', archive, '-C', files, '--exclude=*.tmpl', '.']);
  if (packed.status !== 0) throw new Error(`tar ended with ${packed.status}\n${packed.stderr}`);
  writeFileSync(join(folder, 'index.html.j2'), `{{ inventory_hostname | replace('node', 'node ') }}\n`);
  const hosts = nodes.map(([name, address]) => `${name} address=${address}\n`).join('');
  writeFileSync(join(folder, 'inventory'), hosts);
  writeFileSync(
    join(folder, 'ansible.cfg'),
    `[defaults]\nforks = 10\nhost_key_checking = false\ninterpreter_python = /usr/bin/python3\n[ssh_connection]\npipelining = true\nssh_args = -F ${sshConfig} -o ControlMaster=auto -o ControlPersist=60\n`,
  );
  const playbook = join(import.meta.dirname, 'playbook.yml');
  return ['-i', 'inventory', '-e', `folder=${folder}`, playbook];
}
