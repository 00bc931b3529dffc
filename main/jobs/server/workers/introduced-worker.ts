import { createHash } from 'node:crypto';
import type { TokenHolder } from '../../accounts/tokens.ts';
import type { Store } from '../../store/kysely-of.ts';
import { now } from '../../store/now.ts';
import type { Capabilities } from '../../store/tables.ts';

/**
 * A worker that introduces itself with each claim: a name, what it can do, and the token that it came with.
 */
export interface IntroducedWorker {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly holder: Pick<TokenHolder, 'id'>;
}

/** Gives the worker's id: the same token and name are one worker, alive for `lease` seconds from now on. */
export async function introduce(
  store: Store,
  { name, capabilities: able, holder }: IntroducedWorker,
  lease: number,
): Promise<string> {
  const id = createHash('sha256').update(`${holder.id} ${name}`).digest('hex').slice(0, 32);
  const beat_seconds = Math.max(60, lease);
  // As many as it asks for: one whose answer was lost does not wait for the end of that lease.
  const slots = 1000;
  const capabilities = JSON.stringify(able);
  await store
    .insertInto('workers')
    .values({ id, name, token: holder.id, capabilities, slots, client_info: '{}', beat_seconds })
    .onConflict((on) =>
      on.column('id').doUpdateSet({ capabilities, beat_seconds, left_at: null, seen_at: now }),
    )
    .execute();
  return id;
}
