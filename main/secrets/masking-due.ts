import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type MaskedFile, maskFiles } from './mask-files.ts';
import { readSecrets, type SecretSources } from './read-secrets.ts';
import type { Secrets } from './secrets.ts';

/*
 * What comes home from nodes is masked when all of it is there. A run that is killed before leaves it as it
 * was. So a file in its folder says, as long as the run lasts, where the values can be read again: never a
 * value, but what shows whether one that is read is the same (scrypt, salted), for one that has changed since
 * would mask nothing. The file goes when all is masked.
 */
const fileName = 'masking-due.json';

const due = z.object({
  /** The folder that relative paths of sources start from. */
  directory: z.string(),
  secrets: z.array(z.object({ name: z.string(), source: z.string(), salt: z.string(), shown: z.string() })),
});

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const shownBytes = 32;

/** Takes down that the files of a run are to be masked. `directory`: the scenario's folder. */
export async function noteMaskingDue(
  runDirectory: string,
  secrets: Secrets,
  directory: string,
): Promise<void> {
  if (secrets.none) return;
  const noted = Object.entries(secrets.values).map(async ([name, value]) => {
    const salt = randomBytes(16);
    const shown = await derive(value, salt, shownBytes);
    const source = secrets.sources[name] ?? '';
    return { name, source, salt: salt.toString('hex'), shown: shown.toString('hex') };
  });
  const text = JSON.stringify({ directory, secrets: await Promise.all(noted) });
  await writeFile(join(runDirectory, fileName), text, { mode: 0o600 });
}

/** All is masked. */
export const maskingDone = (runDirectory: string): Promise<void> =>
  rm(join(runDirectory, fileName), { force: true });

/** Whether a run's files are still to be masked. */
export const isMaskingDue = (runDirectory: string): boolean => existsSync(join(runDirectory, fileName));

export interface LateMasking {
  readonly masked: readonly MaskedFile[];
  /** Sources, as configs name them, whose values of then cannot be read any more. */
  readonly missing: readonly string[];
}

/**
 * Masks in the files of a run that was killed what can be read again of its secrets, from `env` and the files
 * that it named. Masking stays due for what cannot.
 */
export async function maskLate(runDirectory: string, env: NodeJS.ProcessEnv): Promise<LateMasking> {
  const { directory, secrets: noted } = due.parse(
    JSON.parse(await readFile(join(runDirectory, fileName), 'utf8')),
  );
  const sources: SecretSources = Object.fromEntries(noted.map(({ name, source }) => [name, source]));
  const now = readSecrets(sources, { directory, env }, () => undefined);
  const missing: string[] = [];
  for (const { name, source, salt, shown } of noted) {
    const value = now.values[name];
    const same = value !== undefined && (await derive(value, Buffer.from(salt, 'hex'), shownBytes));
    if (!same || !timingSafeEqual(same, Buffer.from(shown, 'hex'))) missing.push(source);
  }
  const masked = await maskFiles(runDirectory, now);
  if (missing.length === 0 && masked.every(({ problem }) => problem === undefined))
    await maskingDone(runDirectory);
  return { masked, missing };
}
