import { createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
interface KnownHost {
  readonly patterns: string;
  readonly type: string;
  readonly key: string;
  readonly revoked: boolean;
  /** `file:line`. */
  readonly place: string;
}

/** What known_hosts says of a key: `changed` when it lists the host with another key of that type. */
export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** `host` as known_hosts names it: with the port in brackets unless it is 22. */
export const hostName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

/** Compares a key (base64 of its wire format) with what the files list for `name`, which `hostName` gives. */
export function judgeHostKey(files: readonly string[], name: string, key: string): HostKeyVerdict {
  const entries = files
    .flatMap(readKnownHosts)
    .filter((entry) => matches(entry.patterns, name.toLowerCase()));
  if (entries.some((entry) => entry.revoked && entry.key === key)) return 'revoked';
  if (entries.some((entry) => !entry.revoked && entry.key === key)) return 'known';
  return entries.some((entry) => !entry.revoked && entry.type === keyType(key)) ? 'changed' : 'unknown';
}

/** Where the files say what makes a key `changed` or `revoked`: `/home/joe/.ssh/known_hosts:7`. */
export function placeOfVerdict(files: readonly string[], name: string, key: string): string | undefined {
  const entries = files
    .flatMap(readKnownHosts)
    .filter((entry) => matches(entry.patterns, name.toLowerCase()));
  const revoked = entries.find((entry) => entry.revoked && entry.key === key);
  return (revoked ?? entries.find((entry) => !entry.revoked && entry.type === keyType(key)))?.place;
}

/** The key types that the files list for a host, so that the server is asked for one of these first. */
export function knownKeyTypes(files: readonly string[], name: string): readonly string[] {
  return [...new Set(knownKeys(files, name).map((key) => key.split(' ')[0] ?? ''))];
}

/** The keys that the files list for a host, as `ssh-ed25519 AAAA…`. */
export function knownKeys(files: readonly string[], name: string): readonly string[] {
  const entries = files
    .flatMap(readKnownHosts)
    .filter((entry) => !entry.revoked && matches(entry.patterns, name.toLowerCase()));
  return [...new Set(entries.map(({ type, key }) => `${type} ${key}`))];
}

/** The type that a key's wire format begins with: a length of four bytes, then the name. */
export function keyType(key: string): string {
  const bytes = Buffer.from(key, 'base64');
  return bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString();
}

/**
 * Whether a file trusts the host by a certificate authority, and so by a
 * certificate of its own that we cannot read.
 */
export const trustsAuthority = (files: readonly string[], name: string): boolean =>
  files.flatMap(authorityPatterns).some((patterns) => matches(patterns, name.toLowerCase()));

function authorityPatterns(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').matchAll(/^\s*@cert-authority\s+(\S+)\s/gm);
  return [...lines].map(([, patterns = '']) => patterns);
}

/** Adds a line, on request with the name as a hash; the file and its folder are made if need be. */
export function addKnownHost(file: string, name: string, key: string, hash = false): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const open = existsSync(file) && /[^\n]$/.test(readFileSync(file, 'utf8'));
  appendFileSync(file, `${open ? '\n' : ''}${hash ? hashed(name) : name} ${keyType(key)} ${key}\n`, {
    mode: 0o600,
  });
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${hashOf(salt, name)}`;
}

const hashOf = (salt: Buffer, name: string): string => createHmac('sha1', salt).update(name).digest('base64');

function readKnownHosts(file: string): KnownHost[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const words = line.trim().split(/\s+/);
      if (words.length < 3 || words[0]?.startsWith('#') || words[0] === '@cert-authority') return [];
      const revoked = words[0] === '@revoked';
      const [patterns = '', type = '', key = ''] = revoked ? words.slice(1) : words;
      return [{ patterns, type, key, revoked, place: `${file}:${index + 1}` }];
    });
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = patterns.split('|');
    return hashOf(Buffer.from(salt, 'base64'), name) === hash;
  }
  const each = patterns.split(',');
  const hit = (pattern: string) => wildcard(pattern).test(name);
  return each.some(hit) && !each.some((pattern) => pattern.startsWith('!') && hit(pattern.slice(1)));
}

/** A pattern of ssh's, of which `*` and `?` stand for anything; letters may be large or small. */
export const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
