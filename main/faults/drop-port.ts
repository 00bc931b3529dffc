import { z } from 'zod';
import { ShakedownError, UsageError } from '../../common/errors.ts';
import * as field from '../config/schema/field-schemas.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import { type FaultContext, type FaultNode, nodeFault } from './fault.ts';

/** Seconds. */
const limit = 20;
/** The node has no program that filters packets. */
const noFilter = 69;

/**
 * Packets to a port of the node are dropped, TCP and UDP, as by a firewall that says nothing: who connects
 * waits, and a connection that is open stalls. Its own processes are cut off like all others.
 */
export const dropPort = nodeFault({
  params: z.tuple([field.port]),
  describe: ([port]) => `packets to port ${port} are dropped`,
  async inject(node: FaultNode, [port]: [port: number], ctx: FaultContext) {
    const { ssh } = node.machine;
    if (port === 22 || port === ssh.port) {
      throw new UsageError(`Port ${port} cannot be dropped: by ssh shakedown itself reaches the node.`, {
        hint: 'to cut the whole node off, switch it off: await node.powerOff()',
      });
    }
    await act('inject', node, port, ctx);
  },
  heal: (node, [port], ctx) => act('heal', node, port, ctx),
});

async function act(
  action: 'inject' | 'heal',
  { agent }: FaultNode,
  port: number,
  { name, signal }: FaultContext,
): Promise<void> {
  const program = shellFile(import.meta.dirname, 'drop-port.sh', { action, name, port });
  const { exitCode, stderr } = await agent.exec(['sh', '-c', program], {
    root: true,
    timeout: limit,
    signal,
  });
  if (exitCode === 0) return;
  if (exitCode === noFilter) {
    throw new ShakedownError({
      message: 'it has no program that can drop packets: neither nft nor iptables',
      hint: "packages: ['nftables'] in the node config",
    });
  }
  throw new ShakedownError({
    message:
      action === 'inject'
        ? `packets to port ${port} could not be dropped`
        : `packets to port ${port} are still dropped`,
    lastLines: stderr.trim().split('\n').slice(-8),
  });
}
