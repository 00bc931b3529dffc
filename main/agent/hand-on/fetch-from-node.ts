import { present } from '../../../common/present.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import { notPut, type OwnFile, type Sending } from '../put-in-cache.ts';
import type { Fetched } from './relay.ts';

/** Where another node hands something on, and what it is asked by. */
export interface Offer {
  readonly address: string;
  readonly port: number;
  readonly token: string;
}

/** Past which the main host sends what is wanted. */
export interface FetchLimits {
  /** Seconds for the other node to answer. */
  readonly connect_within: number;
  /** Seconds after which a transfer of fewer than `least` bytes in that time is given up. */
  readonly stalled_after: number;
  readonly least: number;
}

const usual: FetchLimits = { connect_within: 2, stalled_after: 10, least: 4 * 1024 * 1024 };

/**
 * Has a node fetch a file from another one into its cache, where it comes into being whole, with the right
 * digest, or not at all. Throws ShakedownError when this node has no room for it, and what `sending` throws.
 */
export async function fetchFromNode(
  { size, sha256 }: OwnFile,
  target: string,
  { address, port, token }: Offer,
  { remote, root, signal, log }: Sending,
  limits = usual,
): Promise<Fetched> {
  const begin = performance.now();
  const values = { host: address, port, target, mode: '755', size, sha256, ...limits };
  const script = shellFile(import.meta.dirname, 'fetch.sh', values);
  // Not as an argument: whoever has a login on the node can read those.
  const options = { root, stdin: `${token}\n`, ...present({ signal }) };
  const result = await remote.exec(['bash', '-c', script], options);
  const { exitCode, stdout, stderr } = result;
  const bytes = `${size} bytes in ${Math.round(performance.now() - begin)} ms`;
  if (exitCode === 0) log(`fetched ${target} from ${address}: ${bytes}`);
  else if (/No space left/i.test(stderr)) throw notPut(target, result);
  if (exitCode === 0) return 'there';
  if (!/^met$/m.test(stdout)) return 'unreached';
  return exitCode === 9 ? 'wrong' : 'broken';
}
