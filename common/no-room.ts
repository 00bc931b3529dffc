import { type FailureDetails, ShakedownError } from './errors.ts';

/** The main host's disk is full: `directory` is what there was no room for, `so` what comes of it. */
export const noRoom = (
  directory: string,
  { so, ...more }: Pick<FailureDetails, 'lastLines'> & { readonly so?: string } = {},
  options: ErrorOptions = {},
): ShakedownError =>
  new ShakedownError(
    {
      message: `no space left on the main host for ${directory}${so === undefined ? '' : `: ${so}`}`,
      hint: `free some space: df -h ${directory}`,
      ...more,
    },
    options,
  );
