import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { JobSecret } from '../secrets/job-secret.ts';

/** Writes those that belong into files below `cwd`; gives those that belong into the environment. */
export function placeSecrets(secrets: readonly JobSecret[], cwd: string): Record<string, string> {
  for (const { file, value } of secrets) {
    if (file === undefined) continue;
    const path = join(cwd, file);
    if (!path.startsWith(`${cwd}/`))
      throw new ShakedownError({ message: `a secret's file is called ${file}` });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, value, { mode: 0o600, flag: 'wx' });
  }
  const variables = secrets.flatMap(({ env, value }) => (env === undefined ? [] : [[env, value] as const]));
  return Object.fromEntries(variables);
}
