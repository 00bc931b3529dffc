import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import { type FakeSshServer, fakeSshServer, newKey } from '../../fakes/ssh-server.ts';

const base = mkdtempSync(join(tmpdir(), 'shakedown-remote-'));
/** A folder of one's own, gone with the file's tests. */
export const folder = () => mkdtempSync(join(base, 'x'));
export const key = newKey();
export const keyFile = join(folder(), 'key');
writeFileSync(keyFile, key.private, { mode: 0o600 });

/** A server of this machine's, and a connection to it. */
export let server: FakeSshServer;
export let remote: Remote;

export const to = (more: Partial<SshTarget> = {}): SshTarget => ({
  host: '127.0.0.1',
  port: server.port,
  user: 'root',
  keyFile,
  hostKey: server.hostKey,
  ...more,
});
export const open = (target: SshTarget, timeout = 30) =>
  connectSsh(target, { signal: new AbortController().signal, timeout });

/** Has both for all tests of a file. */
export function sshHere(): void {
  beforeAll(async () => {
    server = await fakeSshServer(key.public);
    remote = await open(to());
  });
  afterAll(async () => {
    await remote[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    rmSync(base, { recursive: true, force: true });
  });
}
