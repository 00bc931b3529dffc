import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeFailure, ShakedownError } from '../../../common/errors.ts';
import { printable } from '../../../common/text/printable.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { lyingSshServer, sshLies } from '../../fakes/lying-ssh-server.ts';
import { newKey } from '../../fakes/ssh-server.ts';
import { folder } from './fake-node.ts';

test.concurrent.each(Object.keys(sshLies))(
  'a server that %s is told in one sentence, in time, and costs little memory',
  async (lie) => {
    const server = await lyingSshServer(sshLies[lie] as (typeof sshLies)[string]);
    onTestFinished(() => server[Symbol.asyncDispose]());
    const [keyFile, knownHosts] = ['key', 'known_hosts'].map((name) => join(folder(), name)) as [
      string,
      string,
    ];
    writeFileSync(keyFile, newKey().private, { mode: 0o600 });
    const target = {
      host: '127.0.0.1',
      port: server.port,
      user: 'root',
      keyFile,
      acceptNewHostKey: !lie.startsWith('shows'),
      knownHostsFiles: [knownHosts],
    };
    const begun = performance.now();
    const error = await connectSsh(target, { signal: new AbortController().signal, timeout: 2 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(error).toBeInstanceOf(ShakedownError);
    const words = describeFailure((error as ShakedownError).details);
    expect(words).toBe(printable(words));
    expect(words).not.toMatch(/^PASS/m);
    expect(words.length).toBeLessThan(1000);
    expect(words).toContain('127.0.0.1');
  },
);
