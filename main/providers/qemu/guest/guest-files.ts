import { shellFile } from '../../host/shell-file.ts';

const here = import.meta.dirname;

/** /init of the initrd. */
export const initProgram = shellFile(here, 'init.sh');

/**
 * The service on the second serial port, through which the main host gives
 * commands when there is no network yet.
 */
export const portProgram = shellFile(here, 'port.sh');

/** What `initProgram` says on the console, before it ends, when the machine is only to show that it runs. */
export const trialWord = 'shakedown: the machine runs';

/**
 * For a machine, booted or not: mounts what it sees of the main host at
 * these paths of its own, in that order.
 */
export const mountSharesScript = (targets: readonly string[]): string =>
  targets.length === 0 ? '' : shellFile(here, 'mount-shares.sh', {}, targets);

/** Words for the kernel. The console is read by people who look for what went wrong, and by no terminal. */
export const kernelWords =
  'root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off loglevel=4 panic=-1 TERM=dumb';
