import { lstatSync, readdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { type Manifest, makeManifest } from '../project/manifest.ts';

/**
 * The files that a build left in a folder, with their digests. Throws ShakedownError that names the output
 * that is not there.
 */
export async function outputsIn(
  directory: string,
  outputs: readonly string[],
  memory: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const paths = outputs.flatMap((output) => filesBelow(directory, normalize(output).replace(/\/+$/, '')));
  return makeManifest(directory, [...new Set(paths)].sort(), memory, signal);
}

function filesBelow(directory: string, output: string): readonly string[] {
  const stats = lstatSync(join(directory, output), { throwIfNoEntry: false });
  if (!stats) {
    throw new ShakedownError({
      message: `the build left nothing at '${output}'`,
      hint: 'build.outputs names what it makes, relative to the project',
    });
  }
  if (!stats.isDirectory()) return [output];
  return readdirSync(join(directory, output), { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() || entry.isSymbolicLink()
      ? [normalize(join(entry.parentPath, entry.name)).slice(directory.length + 1)]
      : [],
  );
}
