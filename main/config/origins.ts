import { flagOf, type Override } from './flags.ts';
import { leaves, parsePath, pathText, valueAt } from './mistakes/value-path.ts';
import type { MainConfigReading } from './read-main-config.ts';
import type { Origin } from './scenario.ts';
import { nodeSchema, type ParsedMain } from './schema/schema.ts';

/** Where each value of the main config came from. `parsed` has the defaults, `written` has not. */
export function mainOrigins(
  { written, flagged, untold }: MainConfigReading,
  parsed: ParsedMain,
  file: string,
): [string, Origin][] {
  return origins(parsed, written, { flagged, untold, file });
}

/** The same for the node config of the first node, each path behind `node_config.`. */
export function nodeOrigins(
  written: Readonly<Record<string, unknown>>,
  overrides: readonly Override[],
  file: string,
): [string, Origin][] {
  const flagged = overrides.map(({ path, flag }) => ({ path: pathText(path), flag }));
  const parsed = nodeSchema.safeParse(written).data ?? {};
  return origins(parsed, written, { flagged, untold: [], file }).map(([path, origin]) => [
    `node_config.${path}`,
    origin,
  ]);
}

function origins(
  parsed: object,
  written: unknown,
  { flagged, untold, file }: Pick<MainConfigReading, 'flagged' | 'untold'> & { readonly file: Origin },
): [string, Origin][] {
  return leaves(parsed).map(([path]): [string, Origin] => {
    if (flagOf(path, flagged) !== undefined) return [path, 'flag'];
    const told = !untold.includes(path) && valueAt(written, parsePath(path) ?? []) !== undefined;
    return [path, told ? file : 'default'];
  });
}
