import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { enableProgram, type LayerSurvey, type NewLayer, type StrayFile } from '../capabilities.ts';
import type { ShellValues } from '../host/shell-file.ts';

/** Layers that no run asked for in so many days make room for new ones. */
export const keepLayersDays = 14;

export const isLayer = (id: string): boolean => /^layer-[0-9a-f]{16}$/.test(id);

/** What `survey.sh` prints, line by line; other lines are others' words. */
export function readSurvey(printed: string): LayerSurvey {
  const rows = printed.split('\n').map((line) => line.split('\t'));
  const strays = rows.flatMap(([kind, digest = '', owner = '-', path = '']): StrayFile[] =>
    kind === 'stray' ? [{ path, digest, ...present({ owner: owner === '-' ? undefined : owner }) }] : [],
  );
  const all = (wanted: string) => rows.flatMap(([kind, text = '']) => (kind === wanted ? [text] : []));
  return { strays, named: all('named'), asking: all('asks') };
}

/** What is told where an installation cannot be looked through, or kept. */
export const surveyFailure = {
  message: 'could not look through what was installed',
  phase: 'install',
} as const;
export const saveFailure = { message: 'the layer could not be kept', phase: 'install' } as const;

/** What the stderr of a program that keeps a layer in a folder tells more precisely. */
export const explainSave =
  (folder: string) =>
  (stderr: string): Partial<FailureDetails> =>
    /No space left on device/.test(stderr)
      ? { message: `there is no space for the layer in ${folder}`, hint: 'shakedown images prune' }
      : {};

/** For who was to make machines of a layer that somebody has removed since it was found. */
export const layerIsGone = (key: string): ShakedownError =>
  new ShakedownError({
    message: `the layer ${key} is gone: it was removed a moment ago`,
    phase: 'machines',
    hint: 'run again: it is then made anew',
  });

/** What `trim.sh` is told. */
export const trimValues = ({ without }: Pick<NewLayer, 'without'>) =>
  ({ without, enable: enableProgram }) satisfies ShellValues;
