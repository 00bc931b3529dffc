import type { LayerSurvey, StrayFile } from '../../providers/capabilities.ts';
import { renewalOf } from './renewals.ts';
import type { Sightings } from './sightings.ts';

/** What is to be done with a layer, by the files that no package has. */
export type Judgement =
  /** `renewed`: paths that stay out of it, since each node makes its own. */
  | { readonly kind: 'shared'; readonly renewed: readonly string[] }
  /** It is some machine's own, as a sentence. */
  | { readonly kind: 'own'; readonly why: string }
  /** Nobody knows of these whether they differ from machine to machine. */
  | { readonly kind: 'unknown'; readonly strays: readonly StrayFile[] };

/** Judges by what has been seen so far. */
export function judge({ strays, named, asking }: LayerSurvey, seen: Sightings): Judgement {
  const [script] = asking;
  // It may fail on one machine only, which would never show where it is installed once.
  if (script !== undefined) return { kind: 'own', why: `${script} asks for the machine's name` };
  const renewed = strays.map(({ path }) => path).filter((path) => renewalOf(path));
  const [name] = named.filter((path) => !renewalOf(path));
  if (name !== undefined)
    return { kind: 'own', why: `its installation writes the machine's name into ${name}` };
  const rest = strays.filter(({ path }) => !renewalOf(path));
  const differing = rest.filter((stray) => seen.of(stray) === 'differs');
  if (differing.length > 0) return { kind: 'own', why: `each machine has its own ${pathsOf(differing)}` };
  const unknown = rest.filter((stray) => seen.of(stray) === undefined);
  if (unknown.length > 0) return { kind: 'unknown', strays: unknown };
  return { kind: 'shared', renewed };
}

/** Which of the files that one installation left another one left alike. */
export function compare(
  one: LayerSurvey,
  other: LayerSurvey,
): readonly { readonly stray: StrayFile; readonly is: 'same' | 'differs' }[] {
  const digests = new Map(other.strays.map(({ path, digest }) => [path, digest]));
  const paths = new Set(one.strays.map(({ path }) => path));
  const compared = one.strays.map((stray) => ({
    stray,
    is: digests.get(stray.path) === stray.digest ? ('same' as const) : ('differs' as const),
  }));
  const further = other.strays.filter(({ path }) => !paths.has(path));
  return [...compared, ...further.map((stray) => ({ stray, is: 'differs' as const }))];
}

/** `/etc/a/key and 3 more files` */
export function pathsOf(strays: readonly StrayFile[]): string {
  const [first, ...more] = strays.map(({ path }) => path);
  const others = more.length === 1 ? 'file' : 'files';
  return more.length === 0 ? `${first}` : `${first} and ${more.length} more ${others}`;
}
