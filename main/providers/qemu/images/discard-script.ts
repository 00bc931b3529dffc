import { stateRoot } from '../names.ts';

/** What no machine was made of in so many days makes room. */
const keepDays = 30;

/** Defines `discard FOLDER`, which removes it unless machines lie over it; each cluster has links to what it lies over. */
export const discardFunction = (): string => `
discard() {
  local used
  used=$(readlink ${stateRoot()}/*/image-* 2>/dev/null || :)
  [[ $'\\n'$used$'\\n' == *$'\\n'$1$'\\n'* ]] || rm -rf --one-file-system "$1"
}`;

/** Discards what has been of no use for long, beside the folder that a shell variable of that name has. */
export const discardUnused = (beside: string): string => `
find "\${${beside}%/*}" -mindepth 1 -maxdepth 1 -type d -mtime +${keepDays} | while read -r old; do discard "$old"; done`;
