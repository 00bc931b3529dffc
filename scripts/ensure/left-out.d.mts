/** As npm knows machines: `{ os: 'linux', cpu: 'x64', libc: 'glibc' }`. */
export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string;
}
/** Paths below `folder` of this machine's packages in `lock`, package-lock.json, that npm left out. */
export function leftOut(lock: unknown, folder: string, machine: Machine): string[];
/** Whether npm came to the end of its work in `folder`. */
export function isWhole(folder: string): boolean;
export function thisMachine(): Machine;
