import { existsSync } from 'node:fs';

/** Which shell runs the command lines of configs and checks on this node. */
export const shellName = (bash = '/bin/bash'): 'bash' | 'sh' => (existsSync(bash) ? 'bash' : 'sh');

/**
 * The argument list that has it run a command line: bash where the node has it, for that is what people
 * write, and sh may be dash. bash reads no startup file: it would where it takes itself for a remote login.
 */
export const shellWords = (line: string): [string, ...string[]] =>
  shellName() === 'bash' ? ['/bin/bash', '--norc', '-c', line] : ['/bin/sh', '-c', line];
