import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';

/** What the tokens of ssh_config(5) stand for, as far as it is known before the connection. */
export interface Tokens {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As it was written, before HostName. */
  readonly written: string;
  readonly alias?: string | undefined;
  /** ProxyJump. */
  readonly jump?: string | undefined;
}

/** Tokens (`%h`), variables (`${HOME}`) and `~/` in a value, filled in; what is none of these stays. */
export function expandTokens(text: string, tokens: Tokens): string {
  const atHome = text.replace(/^~(?=\/|$)/, homedir());
  if (!atHome.includes('%')) return atHome;
  const { host, port, user, written, alias = written, jump = '' } = tokens;
  const local = hostname();
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    C: createHash('sha1').update(`${local}${host}${port}${user}`).digest('hex'),
    d: homedir(),
    h: host,
    i: String(userInfo().uid),
    j: jump,
    k: alias,
    L: local.split('.')[0] ?? '',
    l: local,
    n: written,
    p: String(port),
    r: user,
    u: userInfo().username,
  };
  return atHome.replace(/%(.)/g, (token, letter: string) => values[letter] ?? token);
}

/** As `expandTokens`, of a file's name, which may have variables of the environment as well. */
export const expandFile = (text: string, tokens: Tokens): string =>
  expandTokens(text, tokens).replace(
    /\$\{(\w+)\}/g,
    (variable, name: string) => process.env[name] ?? variable,
  );

/** File names that ssh prints in one line, without the quotes of those that have spaces. */
export function separateFiles(printed: string): readonly string[] {
  const words = printed.split(/\s+/).filter((word) => word !== '');
  const files: string[] = [];
  while (words.length > 0) {
    const lengths = words.map((_, index) => words.length - index);
    const whole = lengths.find((length) => length > 1 && existsSync(words.slice(0, length).join(' ')));
    files.push(words.splice(0, whole ?? 1).join(' '));
  }
  return files;
}
