import { ShakedownError } from '../../../common/errors.ts';
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
