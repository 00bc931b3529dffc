import { existsSync } from 'node:fs';
import type { SshTarget } from '../ssh-target.ts';

/** Where what ssh2 lacks is told. */
export const issue = 'github.com/mscdex/ssh2/issues/551';

/** The user's certificates that OpenSSH would show: those that are named, and those beside the keys. */
export function userCertificates(target: SshTarget): readonly string[] {
  const { keyFile, identityFiles = [], certificateFiles = [] } = target;
  const keys = [...(keyFile === undefined ? [] : [keyFile]), ...identityFiles];
  const beside = keys.map((file) => `${file.replace(/\.pub$/, '')}-cert.pub`);
  return [...new Set([...certificateFiles, ...beside])].filter((file) => existsSync(file));
}
