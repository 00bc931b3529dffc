import { kinds } from '../../providers/kinds.ts';
import type { Overrides } from '../flags.ts';
import { isPlainObject } from '../node/node-functions.ts';
import { type FlaggedChoice, withMachineFlags } from './machine-flags.ts';
import { ofKind } from './other-kind.ts';

/**
 * Finds the kind of machine that works here, and why it is not the best one.
 * Throws ShakedownError if none does.
 */
export type ChooseKind = () => Promise<{ readonly provider: string; readonly why?: string }>;

interface Place {
  /** The scenario's folder. */
  readonly directory: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly choose: ChooseKind;
}

/**
 * A main config with its machines as the flags want them, of the kind that works here where it leaves that
 * open, and with paths that no longer depend on a folder. Throws what `choose` throws.
 */
export async function settleMachines(
  config: Readonly<Record<string, unknown>>,
  { machines }: Pick<Overrides, 'machines'>,
  { directory, choose }: Pick<Place, 'directory' | 'choose'>,
): Promise<Omit<FlaggedChoice, 'choice'> & { readonly config: object; readonly why?: string }> {
  const defaults = isPlainObject(config.providers) ? config.providers : {};
  const { choice, ...flagged } = withMachineFlags(config.nodes, machines, defaults);
  if (choice === undefined) return { ...flagged, config };
  const { settled, why } = await settle(choice, { directory, defaults, choose });
  return { ...flagged, config: { ...config, nodes: settled }, ...(why === undefined ? {} : { why }) };
}

async function settle(choice: unknown, place: Place): Promise<{ settled: unknown; why?: string }> {
  if (!isPlainObject(choice) || typeof choice.provider !== 'string') return { settled: choice };
  if (choice.provider === 'auto') {
    const { provider, why } = await place.choose();
    const settled = ofKind(choice, provider, place.defaults[provider]);
    return { settled, ...(why === undefined ? {} : { why }) };
  }
  const { options } = choice;
  if (choice.provider === 'mixed' && isPlainObject(options) && Array.isArray(options.parts)) {
    const parts = await Promise.all(options.parts.map((part) => settle(part, place)));
    const why = parts.find((part) => part.why !== undefined)?.why;
    const settled = { ...choice, options: { ...options, parts: parts.map((part) => part.settled) } };
    return { settled, ...(why === undefined ? {} : { why }) };
  }
  const located = kinds[choice.provider]?.located?.(options, place.directory) ?? options;
  return { settled: { ...choice, options: located } };
}
