import { expect, onTestFinished } from 'vitest';
import { connectTo, during } from './nspawn-cluster.ts';

/** A container stands in for a machine that was there before; shakedown is told nothing but its address. */
export async function machineThatExists() {
  const { machines } = await during(1);
  const machine = machines[0] ?? expect.fail('there is no machine');
  const { address, ssh } = machine;
  const remote = await connectTo(machine);
  onTestFinished(() => remote[Symbol.asyncDispose]());
  const onNode = async (command: string) => (await remote.exec(command)).stdout.trimEnd();
  return { address, keyFile: ssh.keyFile ?? '', hostKey: ssh.hostKey ?? '', onNode };
}
