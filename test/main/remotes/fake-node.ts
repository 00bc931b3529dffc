import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import { type FakeSshServer, fakeSshServer, newKey, type SshServerOptions } from '../../fakes/ssh-server.ts';

export const never = new AbortController().signal;

/** A folder that goes with the test. */
export function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-remote-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface FakeNode {
  readonly server: FakeSshServer;
  readonly target: SshTarget;
  connect(more?: Partial<SshTarget>): Promise<Remote>;
}

/** A node whose server accepts the key of `target`; both go with the test. */
export async function node(
  options: SshServerOptions = {},
  user = 'root',
  passphrase?: string,
): Promise<FakeNode> {
  const key = newKey(passphrase);
  const keyFile = join(folder(), 'key');
  writeFileSync(keyFile, key.private, { mode: 0o600 });
  const server = await fakeSshServer(key.public, options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const target: SshTarget = { host: '127.0.0.1', port: server.port, hostKey: server.hostKey, user, keyFile };
  return {
    server,
    target,
    async connect(more = {}) {
      const remote = await connectSsh({ ...target, ...more }, { signal: never, timeout: 30 });
      onTestFinished(() => remote[Symbol.asyncDispose]());
      return remote;
    },
  };
}
