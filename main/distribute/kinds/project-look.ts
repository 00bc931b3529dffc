import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A project, as far as its kind is to be told. */
export interface ProjectLook {
  /** Relative to it. */
  readonly files: readonly string[];
  /** A file's text; empty where there is none. */
  read(path: string): string;
}

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
