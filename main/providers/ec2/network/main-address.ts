import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { ShakedownError } from '../../../../common/errors.ts';
import { withTimeLimit } from '../../../../common/time-limit.ts';
import type { Cloud } from '../api/cloud.ts';

/** Amazon's own service that tells a caller's address (docs.aws.amazon.com, "Amazon EC2 security groups"). */
const checkIpUrl = 'https://checkip.amazonaws.com';

/**
 * This main host's address as instances see it: behind its NAT for public ones in Amazon's cloud, else the
 * one from which the kernel would send to `peer`. Throws ShakedownError when it cannot be told.
 */
export async function mainAddress(
  { addresses, cloud, peer }: { addresses: 'public' | 'private' | undefined; cloud: Cloud; peer: string },
  signal: AbortSignal,
  url = checkIpUrl,
): Promise<string> {
  if (addresses === 'private') return sourceAddress(peer);
  const endpoint = cloud.endpoint === undefined ? 'amazonaws.com' : new URL(cloud.endpoint).hostname;
  if (!/(^|\.)amazonaws\.com(\.cn)?$/.test(endpoint)) return sourceAddress(endpoint);
  const text = await ask(url, signal);
  if (isIPv4(text)) return text;
  throw new ShakedownError({
    message: `${url} does not tell this main host's address, which the security group shall let in: ${text.slice(0, 80)}`,
    phase: 'machines',
    hint: "name it: allowFrom: ['203.0.113.7/32']",
  });
}

async function ask(url: string, signal: AbortSignal): Promise<string> {
  try {
    return await withTimeLimit({ what: url, seconds: 8, signal }, async (limited) => {
      const response = await fetch(url, { signal: limited });
      return (await response.text()).trim();
    });
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

/** Connecting a datagram socket sends nothing: it only has the kernel choose a route (udp(7)). */
async function sourceAddress(peer: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(9, peer.replace(/^\[|\]$/g, ''), resolve);
    });
    return socket.address().address;
  } catch (cause) {
    throw new ShakedownError({
      message: `cannot tell from which address this main host reaches ${peer}: ${(cause as Error).message}`,
      phase: 'machines',
      hint: "name it: allowFrom: ['10.0.0.7/32']",
    });
  } finally {
    socket.close();
  }
}
