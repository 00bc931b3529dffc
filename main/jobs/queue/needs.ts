import type { Capabilities, Needs } from '../store/tables.ts';

/** One text for one set of needs, whatever the order in which they were said: pg-boss's group. */
export const needsId = ({ type, platform = '', labels }: Needs): string =>
  JSON.stringify([type, platform, ...[...new Set(labels)].sort()]);

/** What a worker lacks for these needs, in words; nothing when it can serve them. */
export function lacks({ jobtypes, platforms, labels }: Capabilities, needs: Needs): readonly string[] {
  const missing: string[] = [];
  if (!jobtypes.includes(needs.type)) missing.push(`job type '${needs.type}'`);
  if (needs.platform !== undefined && !platforms.includes(needs.platform)) {
    missing.push(`platform '${needs.platform}'`);
  }
  for (const label of needs.labels) if (!labels.includes(label)) missing.push(`label '${label}'`);
  return missing;
}
