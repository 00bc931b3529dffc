import { join } from 'node:path';
import { stringify } from 'yaml';
import { present } from '../../../../common/present.ts';
import { type ShellValues, shellFile } from '../../host/shell-file.ts';

/** What an instance is told for its first boot. */
export interface FirstBoot {
  readonly name: string;
  readonly user: string;
  /** As in authorized_keys. */
  readonly publicKey: string;
  /** OpenSSH's private key format, and `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly publicHostKey: string;
  /** Seconds that it may live after each boot. */
  readonly expiresAfter: number;
  readonly packages: readonly string[];
  readonly mirror?: string;
}

/**
 * Cloud-config (cloudinit.readthedocs.io, "Module reference"): the host key that we made, so that the first
 * connection is verified; who may log in; the end of the instance's life by its own clock, at which it
 * terminates because it was made with InstanceInitiatedShutdownBehavior `terminate`.
 */
export function userData(boot: FirstBoot): string {
  const { name, user, publicKey, hostKey, publicHostKey, packages, mirror } = boot;
  const wait = packages.length > 0;
  const config = {
    hostname: name,
    // Else it would give the host its own name as 127.0.1.1 at each boot.
    manage_etc_hosts: false,
    disable_root: false,
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey, ed25519_public: publicHostKey },
    ssh_authorized_keys: [publicKey],
    ...(user === 'root' ? {} : { users: ['default', account(user, publicKey)] }),
    bootcmd: [
      ...(wait ? [program('hold-ssh.sh', {}, ['hold'])] : []),
      program('own-name.sh', { name }),
      program('expire.sh', { seconds: boot.expiresAfter }),
    ],
    ...present({
      apt: mirror === undefined ? undefined : { primary: [{ arches: ['default'], uri: mirror }] },
    }),
    ...(wait
      ? { package_update: true, packages: [...packages], runcmd: [program('hold-ssh.sh', {}, ['release'])] }
      : {}),
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}

const account = (name: string, publicKey: string) => ({
  name,
  shell: '/bin/bash',
  sudo: 'ALL=(ALL) NOPASSWD:ALL',
  lock_passwd: true,
  ssh_authorized_keys: [publicKey],
});

/** A program for cloud-init, which runs it by /bin/sh. */
const program = (name: string, values: ShellValues, args: readonly string[] = []): string =>
  shellFile(join(import.meta.dirname, 'boot'), name, values, args);
