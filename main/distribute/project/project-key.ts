import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** Whose project it is: what its place on the nodes is keyed by. */
export interface Initiator {
  /** The host from which the tests are distributed, its name; and who does it. */
  readonly host: string;
  readonly user: string;
  /** The project's folder there, absolute, links resolved. */
  readonly directory: string;
  /** 1; more where distributions of this project are under way at the same time. */
  readonly slot: number;
}

/**
 * The name of a project's place on the nodes: another one for each initiating host, user and folder, so that
 * nobody disturbs anybody. `laptop-ann-shop-1f0c3a9e`.
 */
export function projectKey(initiator: Initiator): string {
  const { host, user, directory } = initiator;
  const words = [host.split('.')[0] ?? '', user, basename(directory)].map((word) =>
    plain(word, '-').slice(0, 20),
  );
  return [...words, digestOf(initiator).slice(0, 8)].filter(Boolean).join('-');
}

/**
 * The beginning of the names of a runner's databases: of host, user, project and runner, in at most 40
 * characters of `[a-z0-9_]`, the same from run to run.
 */
export function databasePrefix(initiator: Initiator, runner: string): string {
  const { host, user, directory } = initiator;
  const end = `_${digestOf(initiator).slice(0, 6)}_${plain(runner, '_')}_`;
  const words = [host.split('.')[0] ?? '', user, basename(directory)].map((word) => plain(word, '_'));
  const each = Math.floor((40 - end.length - 2) / 3);
  // A name of a database begins with a letter.
  const begin = words
    .map((word) => word.slice(0, each))
    .filter(Boolean)
    .join('_');
  return `${/^[a-z]/.test(begin) ? begin : `t${begin.slice(1)}`}${end}`;
}

const digestOf = ({ host, user, directory, slot }: Initiator): string =>
  createHash('sha256')
    .update(JSON.stringify([host, user, directory, slot]))
    .digest('hex');

const plain = (text: string, between: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, between)
    .replace(/^[-_]+|[-_]+$/g, '');
