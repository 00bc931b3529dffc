import { homedir } from 'node:os';
import { join } from 'node:path';
import { clusterIdPattern } from '../cluster-id.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import { stateHome } from '../host/state-home.ts';

/**
 * Where the clusters' own files lie: one folder each, with `state.json`, and in it one for each machine. A
 * user who cannot be root has them at home (XDG Base Directory specification).
 */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (rootCanBeHad()) return `${stateHome}/qemu`;
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'shakedown/qemu');
}

/** Everything of a cluster is named from its id, so that the id alone is enough to take all of it away. */
export const clusterNames = (id: string) => ({
  directory: `${stateRoot()}/${id}`,
  bridge: `sq${id}`,
  table: `shakedown_sq${id}`,
  /** Below every cgroup hierarchy. */
  cgroup: `shakedown-qemu/${id}`,
});

/** What lies in a machine's folder. */
export const machineNames = (id: string, machine: number) => {
  const directory = `${stateRoot()}/${id}/${machine}`;
  return {
    directory,
    console: `${directory}/console.log`,
    /** What QEMU itself says. */
    log: `${directory}/qemu.log`,
    /** QEMU's monitor (QMP), and the second serial port of the machine, on which its own shell listens. */
    monitor: `${directory}/monitor.sock`,
    port: `${directory}/port.sock`,
    disk: `${directory}/disk.qcow2`,
    /** There for machines of our own images; others boot by what is on their disk. */
    initrd: `${directory}/initrd`,
    /** The script that starts QEMU; what is given to it goes to QEMU too. */
    start: `${directory}/start`,
    /** Interface names have at most 15 characters. */
    link: `sq${id}v${machine}`,
  };
};

/**
 * A locally administered address (IEEE 802) of the machine's own: its cluster's id and its number are in it.
 */
export const macAddress = (id: string, machine: number): string =>
  ['52', '54', ...(id.match(/../g) ?? []), machine.toString(16).padStart(2, '0')].join(':');

/** The id of the cluster that a name of ours belongs to: of a folder, link, nft table or cgroup. */
export function clusterOf(name: string): string | undefined {
  const ours = new RegExp(
    `^(?:(${clusterIdPattern})(?:\\.new)?|sq(${clusterIdPattern})(?:v\\d+)?|shakedown_sq(${clusterIdPattern}))$`,
  );
  const [, folder, link, table] = ours.exec(name) ?? [];
  return folder ?? link ?? table;
}
