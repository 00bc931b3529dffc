import type { ArtifactView } from '../protocol.ts';
import type { Store } from '../store/kysely-of.ts';

type Artifact = Pick<ArtifactView, 'path' | 'size'>;

/** What lies in one folder of an attempt's artifacts. */
export interface ArtifactEntry {
  readonly name: string;
  /** Of a file, or of the folder with a slash behind. */
  readonly path: string;
  /** Bytes; those of all files in a folder. */
  readonly size: number;
  /** How many are in a folder. */
  readonly files?: number;
}

export const artifactsOf = (store: Store, job: string, attempt: number): Promise<Artifact[]> =>
  store
    .selectFrom('artifacts')
    .select(['path', 'size'])
    .where('job', '=', job)
    .where('attempt', '=', attempt)
    .orderBy('path')
    .execute();

/** The entries of a folder (`''`, `run/nodes/`): folders, and then files. */
export function level(artifacts: readonly Artifact[], folder: string): readonly ArtifactEntry[] {
  const folders = new Map<string, { size: number; files: number }>();
  const files: ArtifactEntry[] = [];
  for (const { path, size } of artifacts) {
    if (!path.startsWith(folder)) continue;
    const rest = path.slice(folder.length);
    const slash = rest.indexOf('/');
    if (slash < 0) {
      files.push({ name: rest, path, size });
      continue;
    }
    const name = rest.slice(0, slash);
    const known = folders.get(name) ?? { size: 0, files: 0 };
    folders.set(name, { size: known.size + size, files: known.files + 1 });
  }
  const found = [...folders].map(([name, sums]) => ({ name, path: `${folder}${name}/`, ...sums }));
  return [...found, ...files];
}
