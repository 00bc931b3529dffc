import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { podmanPaths } from '../names.ts';
import type { Engine } from './engine.ts';

const unified = () => existsSync('/sys/fs/cgroup/cgroup.controllers');
const systemdBooted = () => existsSync('/run/systemd/system');

/**
 * Podman without root sets limits where systemd has handed controllers down to the user
 * (systemd.resource-control(5)).
 */
function delegated(uid: number): boolean {
  const group = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`;
  const controllers = readIfThere(`${group}/cgroup.controllers`);
  return systemdBooted() && controllers.includes('memory') && controllers.includes('pids');
}

/**
 * Podman as we use it: with storage, networks and settings of our own, so that the user's are left as they
 * are.
 */
export function podmanEngine(uid = process.getuid?.() ?? 0): Engine {
  const { storage, run, config } = podmanPaths();
  const full = uid === 0 || (unified() && delegated(uid));
  return {
    kind: 'podman',
    command: ['podman', '--root', storage, '--runroot', run, '--storage-driver', 'overlay'],
    env: { CONTAINERS_CONF: config },
    reach: uid === 0 ? 'address' : 'ports',
    network: uid === 0 ? 'ours' : 'engine',
    init: full ? 'systemd' : 'sshd',
    limits: full,
  };
}

/** What our Podman needs on disk before it is first used. */
export async function preparePodman(): Promise<void> {
  const { home, networks, config } = podmanPaths();
  await mkdir(home, { recursive: true, mode: 0o711 });
  await mkdir(networks, { recursive: true });
  const text = containersConf();
  if (readIfThere(config) === text) return;
  await writeFile(`${config}.${process.pid}`, text);
  await rename(`${config}.${process.pid}`, config);
}

/**
 * containers.conf(5) of our own. Root's cgroups are where we say, so they are made without systemd; crun
 * refuses hierarchies of both versions side by side, which runc takes; and no limit of files or processes
 * may be above our own, or above what Podman lowers itself to.
 */
export function containersConf(
  limits = readIfThere('/proc/self/limits'),
  mostProcesses = Number(readIfThere('/proc/sys/kernel/pid_max')),
): string {
  const { run, networks } = podmanPaths();
  const root = process.getuid?.() === 0;
  const ulimits = Object.entries({
    nofile: Math.min(hardLimit(limits, 'Max open files'), 1048576),
    nproc: Math.min(hardLimit(limits, 'Max processes'), mostProcesses || 32768),
  }).map(([name, hard]) => `"${name}=${hard}:${hard}"`);
  return `[containers]
base_hosts_file = "none"
default_ulimits = [${ulimits.join(', ')}]
[engine]
events_logger = "file"
tmp_dir = "${run}/libpod"
${root || !systemdBooted() ? 'cgroup_manager = "cgroupfs"\n' : ''}${unified() ? '' : 'runtime = "runc"\n'}[network]
network_backend = "netavark"
network_config_dir = "${networks}"
`;
}

/** Field 3 of /proc/self/limits (proc(5)). */
function hardLimit(limits: string, name: string): number {
  const [, hard] = new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(limits) ?? [];
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
