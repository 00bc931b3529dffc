import { expect, onTestFinished } from 'vitest';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { ctx, during } from './nspawn-cluster.ts';

/** A container stands in for a machine that was there before; shakedown is told nothing but its address. */
export async function machineThatExists() {
  const { machines } = await during(1);
  const { address, ssh } = machines[0] ?? expect.fail('there is no machine');
  const remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  const onNode = async (command: string) => (await remote.exec(command)).stdout.trimEnd();
  return { address, keyFile: ssh.keyFile ?? '', hostKey: ssh.hostKey ?? '', onNode };
}
