import { posix } from 'node:path';
import { z } from 'zod';

/** A value that passes a test; `expected` says in words what would, for the message of a mistake. */
const field = <T>(expected: string, test: (value: unknown) => boolean) =>
  z.custom<T>(test, { error: expected });

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const matching = (pattern: RegExp) => (value: unknown) => isText(value) && pattern.test(value);

export const text = field<string>(
  'a text that is not empty',
  (value) => isText(value) && value.trim() !== '',
);
export const anyText = field<string>('a text', isText);
export const flag = field<boolean>('true or false', (value) => typeof value === 'boolean');

const numberFrom = (least: number) => (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && value >= least;
export const seconds = field<number>(
  'a number of seconds greater than 0',
  (value) => numberFrom(0)(value) && value !== 0,
);
export const secondsOrNone = field<number>('a number of seconds, 0 or more', numberFrom(0));
export const whole = (least: number) =>
  field<number>(
    `a whole number, ${least} or more`,
    (value) => Number.isInteger(value) && numberFrom(least)(value),
  );

const within = (low: number, high: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= low && Number(value) <= high;
export const port = field<number>('a port number, 1 to 65535', within(1, 65535));
export const status = field<number>('an HTTP status, 100 to 599', within(100, 599));
export const exitCode = field<number>('an exit code, 0 to 255', within(0, 255));
export const mode = field<number>('permission bits, as 0o644', within(0, 0o7777));

export const environment = z.record(
  field<string>('the name of an environment variable', matching(/^[A-Za-z_][A-Za-z0-9_]*$/)),
  anyText,
  { error: 'an object of texts' },
);

export const url = field<string>('an http:// or https:// URL', (value) => {
  return matching(/^https?:\/\//)(value) && URL.canParse(String(value));
});
/** An absolute URL, or a port and a path that is asked of each node. */
export const urlOrPath = field<string>(
  "a URL, or what follows a node's address (':8080/health')",
  (value) => {
    return matching(/^(:\d+(\/|$)|\/)/)(value) || url.safeParse(value).success;
  },
);

export const expression = field<string>('a regular expression', (value) => {
  try {
    return isText(value) && Boolean(new RegExp(value));
  } catch {
    return false;
  }
});

/**
 * Debian's rules for package names and versions (Debian Policy 5.6.1 and
 * 5.6.12); a foreign architecture may follow.
 */
export const aptPackage = field<string>(
  "a Debian package: 'name' or 'name=version'",
  matching(/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~-]+)?$/),
);

/** useradd's names, or a number; `chown`'s `user:group` for owners. */
export const user = field<string>('the name of a user', matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/));
export const owner = field<string>(
  "a 'user' or 'user:group'",
  matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?(:[A-Za-z0-9_][A-Za-z0-9_.-]*\$?)?$/),
);

/** Also names files and units: services' names end up in `logs/<name>.log`. */
export const shortName = field<string>(
  "a name of letters, digits, '.', '_', '@' and '-'",
  matching(/^[A-Za-z0-9][A-Za-z0-9._@-]*$/),
);

export const absolutePath = field<string>('an absolute path on the node', matching(/^\//));
/** The folders that would be emptied before each run if they were the working directory. */
export const workingDirectory = field<string>(
  "an absolute path of a folder of shakedown's own: everything else in it is removed",
  (value) => matching(/^\/[^/]+(\/[^/]+)*\/?$/)(value) && !isSystemFolder(String(value)),
);

function isSystemFolder(path: string): boolean {
  const parts = path.split('/').filter(Boolean);
  if (parts.some((part) => part === '.' || part === '..')) return true;
  const [top = '', second] = parts;
  if (/^(proc|sys|dev|boot|bin|sbin|lib\d*)$/.test(top)) return true;
  if (second === undefined)
    return /^(etc|home|media|mnt|opt|root|run|srv|tmp|usr|var|lost\+found)$/.test(top);
  if (parts.length > 2) return false;
  if (top === 'home') return true;
  if (top === 'var') return /^(lib|log|cache|spool|tmp|mail|run|lock|backups|local|opt)$/.test(second);
  return top === 'usr';
}

/** Where one file goes: a path that is as short as it can be, so that it has one name only. */
export const filePath = field<string>(
  "an absolute path on the node, without '..' and without '/' at its end",
  (value) =>
    matching(/^\/./)(value) && posix.normalize(String(value)) === value && !String(value).endsWith('/'),
);

/** systemd.unit(5); `.service` is understood. */
export const unit = field<string>('the name of a systemd unit', matching(/^[A-Za-z0-9:_.\\@-]+$/));

/** A path below the node files, as it is named once rendered. */
export const pathBelow = field<string>(
  'a path below the node files, as it is named once rendered',
  (value) => matching(/^[^/]/)(value) && !String(value).split('/').includes('..'),
);

/**
 * An object with these keys and no others. A mistake's message is `expected`,
 * or, for unknown keys, the known ones.
 */
export const object = <Shape extends z.ZodRawShape>(shape: Shape, expected: string) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : expected),
  });
