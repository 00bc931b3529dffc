import { quote } from '../../host/root-script.ts';
import { identityMarker } from '../images/guest-files.ts';

export interface Identity {
  readonly name: string;
  readonly machineId: string;
  readonly hostKey: string;
  readonly publicHostKey: string;
  readonly user: string;
  readonly publicKey: string;
}

/**
 * The part of a machine that tells it who it is, for `guestShell` in that machine, booted or not. `$hosts` and `$resolv_conf`
 * are set before it.
 */
export function identityScript(who: Identity): string {
  const { name, machineId, hostKey, publicHostKey, user, publicKey } = who;
  return `
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022
echo ${name} > /etc/hostname
echo "$hosts" > /etc/hosts
echo "$resolv_conf" > /etc/resolv.conf
echo ${machineId} > /etc/machine-id
umask 077; printf %s ${quote(hostKey)} > /etc/ssh/ssh_host_ed25519_key; umask 022
echo ${quote(publicHostKey)} > /etc/ssh/ssh_host_ed25519_key.pub
authorize() {
  mkdir -p -m 700 $1/.ssh
  echo ${quote(publicKey)} > $1/.ssh/authorized_keys
  chown -R $(stat -c %u:%g $1) $1/.ssh
}
authorize /root
${user === 'root' ? '' : account(user)}
mkdir -p ${identityMarker.replace(/\/[^/]*$/, '')}
: > ${identityMarker}
`;
}

const account = (user: string): string => `
useradd -m -s /bin/bash ${user} 2>/dev/null || usermod -s /bin/bash ${user}
echo '${user} ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown
chmod 440 /etc/sudoers.d/shakedown
authorize $(awk -F: -v user=${user} '$1 == user { print $6 }' /etc/passwd)`;
