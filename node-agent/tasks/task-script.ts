import type { ControlGroup } from '../../common/processes/control-group.ts';
import type { CommandAs } from '../account.ts';

/** For sh: becomes the command that its arguments are, or says why it cannot. */
export const become = `refuse() {
  echo "$1: $2" >&2
  exit 127
}
case $1 in
  */*)
    [ -e "$1" ] || refuse "$1" "not found"
    { [ -f "$1" ] && [ -x "$1" ]; } || refuse "$1" "Permission denied"
    ;;
  *) command -v -- "$1" >/dev/null || refuse "$1" "not found" ;;
esac
exec "$@"
`;

/** What a shell that waits is told to become. */
export interface TaskScript {
  readonly argv: CommandAs['argv'];
  /** A folder that is there, absolute. */
  readonly cwd: string;
  /** Set besides what the shell has, and taken away from that. */
  readonly env: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  /** Without it the command reads nothing. */
  readonly input: boolean;
}

/** Names to which some sh gives a meaning of its own, or a value that cannot be changed. */
const shellsOwn = /^(?:BASH.*|E?UID|ENV|IFS|LINENO|MAIL.*|OPTARG|OPTIND|PPID|PS\d|PWD|OLDPWD|SHELLOPTS)$/;

/**
 * The script by which a shell becomes the task; its descriptor `from`, from which it reads that, is closed.
 * Undefined for what a shell cannot hand on as it is.
 */
export function taskScript({ argv, cwd, env, unset, input }: TaskScript, from: number): string | undefined {
  const names = Object.keys(env);
  if (names.some((name) => !/^[A-Za-z_]\w*$/.test(name) || shellsOwn.test(name))) return undefined;
  const script = [
    `exec ${from}<&-`,
    ...(input ? [] : ['exec </dev/null']),
    ...unset.filter((name) => /^\w+$/.test(name)).map((name) => `unset ${name}`),
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `cd ${quoted(cwd)} || exit 1`,
    'unset OLDPWD',
    `set -- ${argv.map(quoted).join(' ')}`,
    become,
  ].join('\n');
  return script.includes('\0') ? undefined : script;
}

/**
 * What sh takes before a command line that is to run in a group. One that cannot be joined ends nothing: the
 * task is found by its other marks then.
 */
export const joining = ({ door }: ControlGroup): string => `{ echo 0 >${quoted(door)}; } 2>/dev/null; `;

/** A word as sh reads it back unchanged. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
