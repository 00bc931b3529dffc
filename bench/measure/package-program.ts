import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage } from '../../scripts/build/install.ts';

const folder = mkdtempSync(join(tmpdir(), 'shakedown-bench-package-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/**
 * The program `shakedown` as users have it: of the npm package, built of this checkout and
 * installed for as long as this process lives (a few seconds before the first measurement), not of
 * the sources, which take longer to start.
 */
export const program = await installPackage(join(import.meta.dirname, '../..'), folder);
