import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectLook } from './kind.ts';

/** The look of the project in a folder that has these files. */
export const lookOf = (directory: string, files: readonly string[]): ProjectLook => ({
  files,
  read: (path) => {
    try {
      return readFileSync(join(directory, path), 'utf8');
    } catch {
      return '';
    }
  },
});

/** Of a project of which nothing is known. */
export const noLook: ProjectLook = { files: [], read: () => '' };
