import type { CheckTarget, DeclaredCheck } from './scenario.ts';
import { marked } from './untold.ts';

interface Common {
  /** As reports show it; made from the rest unless told. */
  readonly name?: string;
  /** Seconds in which it must come true, by trying again; 30 unless told. */
  readonly within?: number;
}

/** A TCP port of the nodes (all of them unless told) that the main host can connect to. */
export function tcp(check: Common & { readonly port: number; readonly on?: CheckTarget }): DeclaredCheck {
  const { port, on = 'all', within = 30, name = `port ${port} accepts connections`, ...unknown } = check;
  return marked({ kind: 'tcp', name, within, port, on, ...unknown }, check);
}

/**
 * A URL, asked from the main host, that answers with `status` (200 unless told) and a body
 * that matches. An absolute URL is asked once; a path with a port (`:8080/health`) is asked of
 * each node of `on`, all of them unless told.
 */
export function http(
  check: Common & {
    readonly url: string;
    readonly on?: CheckTarget;
    readonly status?: number;
    readonly body?: string | RegExp;
  },
): DeclaredCheck {
  const { url, status = 200, within = 30, body, name = `${url} answers ${status}`, ...rest } = check;
  const { on = /^https?:/.test(url) ? 'main' : 'all', ...unknown } = rest;
  return marked({ kind: 'http', name, within, url, on, status, ...pattern('body', body), ...unknown }, check);
}

/**
 * A shell command, on the main host unless told, that exits with `exitCode` (0
 * unless told) and whose output matches.
 */
export function command(
  check: Common & {
    readonly command: string;
    readonly on?: CheckTarget;
    readonly exitCode?: number;
    readonly stdout?: string | RegExp;
  },
): DeclaredCheck {
  const { command: line, on = 'main', exitCode = 0, within = 30, stdout, name = line, ...unknown } = check;
  const own = { name, within, command: line, on, exitCode, ...pattern('stdout', stdout) };
  return marked({ kind: 'command', ...own, ...unknown }, check);
}

/** A regular expression as its source: declared checks are plain data. */
function pattern<Key extends string>(key: Key, value: string | RegExp | undefined) {
  if (value === undefined) return {};
  if (value instanceof RegExp && value.flags !== '') {
    throw new TypeError(`${key}: the flags of ${value} are not supported; write the expression without them`);
  }
  return { [key]: value instanceof RegExp ? value.source : value } as Record<Key, string>;
}
