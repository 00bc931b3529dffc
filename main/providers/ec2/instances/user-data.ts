import { stringify } from 'yaml';

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
 * Cloud-config (cloudinit.readthedocs.io, "Module reference"): the host key that we made, so that the first connection
 * is verified; who may log in; the end of the instance's life by its own clock, at which it terminates because it was
 * made with InstanceInitiatedShutdownBehavior `terminate`.
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
    bootcmd: [...(wait ? [holdSsh] : []), ownName(name), expiry(boot.expiresAfter)],
    ...(mirror === undefined ? {} : { apt: { primary: [{ arches: ['default'], uri: mirror }] } }),
    ...(wait ? { package_update: true, packages: [...packages], runcmd: [letSsh] } : {}),
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

/** sudo looks the host's own name up, and waits long for an answer that does not come. */
const ownName = (name: string): string =>
  `grep -qE '[[:space:]]${name}([[:space:]]|$)' /etc/hosts || echo '127.0.1.1 ${name}' >> /etc/hosts`;

/**
 * bootcmd runs at every boot and long before the network is there. A monotonic timer: clocks are what tests turn.
 * Not by systemd-run, which waits even with --no-block for a system that waits for this very command.
 */
const expiry = (seconds: number): string => `cd /run/systemd/system
printf '%s\\n' '[Unit]' 'DefaultDependencies=no' '[Timer]' 'OnActiveSec=${seconds}' 'AccuracySec=1' > shakedown-expiry.timer
printf '%s\\n' '[Unit]' 'DefaultDependencies=no' '[Service]' 'ExecStart=/bin/systemctl poweroff' > shakedown-expiry.service
systemctl daemon-reload
systemctl start --no-block shakedown-expiry.timer
`;

/** Who can log in may rely on the packages, so sshd waits for them, in the first boot alone. */
const ssh = 'ssh.service ssh.socket';
const holdSsh = `[ -e /var/lib/shakedown-packages ] || systemctl mask --runtime ${ssh}`;
const letSsh = `touch /var/lib/shakedown-packages; systemctl unmask --runtime ${ssh}; systemctl start --no-block ssh.service`;
