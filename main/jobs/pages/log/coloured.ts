import { printable } from '../../../../common/text/printable.ts';
import { html } from '../../../report/html-parts.ts';

/** How text is shown from here on; colours are 0 to 15, as terminals number them. */
export interface Look {
  readonly fg?: number | undefined;
  readonly bg?: number | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

/** SGR, the one escape sequence that has a meaning here (ECMA-48, 8.3.117). */
const sgr = /\x1b\[([\d;:]*)m/g;

/**
 * A line of a log as HTML: its colours are classes, all else in it is text. A line that was written over
 * (progress that begins with a carriage return) is shown as it was at last. Gives the look in which it ends,
 * too.
 */
export function coloured(line: string, begin: Look = {}): { readonly html: string; readonly look: Look } {
  const text = line.replace(/\r+$/, '');
  let look = begin;
  let shown = '';
  let at = 0;
  const add = (end: number) => {
    const piece = text.slice(at, end);
    const isWrittenOver = piece.lastIndexOf('\r');
    if (isWrittenOver >= 0) shown = '';
    shown += spanOf(piece.slice(isWrittenOver + 1), look);
  };
  for (const match of text.matchAll(sgr)) {
    add(match.index);
    look = changed(look, match[1] ?? '');
    at = match.index + match[0].length;
  }
  add(text.length);
  return { html: shown, look };
}

function spanOf(text: string, look: Look): string {
  const safe = html(printable(text));
  const classes = [
    look.fg === undefined ? '' : `fg${look.fg}`,
    look.bg === undefined ? '' : `bg${look.bg}`,
    ...(['bold', 'dim', 'italic', 'underline', 'inverse'] as const).filter((name) => look[name]),
  ].filter((name) => name !== '');
  return safe === '' || classes.length === 0 ? safe : `<span class="${classes.join(' ')}">${safe}</span>`;
}

function changed(look: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number);
  let now = look;
  for (let code = numbers.shift(); code !== undefined; code = numbers.shift()) {
    if (code === 38 || code === 48) {
      const colour = extended(numbers);
      now = code === 38 ? { ...now, fg: colour } : { ...now, bg: colour };
    } else now = code === 0 ? {} : { ...now, ...simple(code) };
  }
  return now;
}

function simple(code: number): Look {
  if (code >= 30 && code <= 37) return { fg: code - 30 };
  if (code >= 90 && code <= 97) return { fg: code - 82 };
  if (code >= 40 && code <= 47) return { bg: code - 40 };
  if (code >= 100 && code <= 107) return { bg: code - 92 };
  return looks[code] ?? {};
}

const looks: Readonly<Record<number, Look>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  39: { fg: undefined },
  49: { bg: undefined },
};

/** `5;n` and `2;r;g;b`: the nearest of the sixteen, which the page has in light and in dark. */
function extended(numbers: number[]): number | undefined {
  const kind = numbers.shift();
  if (kind === 2) return nearest(numbers.splice(0, 3));
  if (kind !== 5) return undefined;
  const [n = 0] = numbers.splice(0, 1);
  if (!(n >= 0 && n <= 255)) return undefined;
  if (n < 16) return n;
  if (n >= 232) return nearest(Array(3).fill(8 + 10 * (n - 232)));
  const cube = n - 16;
  return nearest([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => level * 51));
}

function nearest(rgb: readonly number[]): number {
  const most = Math.max(...rgb);
  const bright = most > 200 ? 8 : 0;
  const bits = rgb.map((value, i) => (value > most * 0.6 && most > 40 ? 1 << i : 0));
  const colour = bits.reduce((sum: number, bit) => sum + bit, 0);
  // Black and white have greys beside them.
  if (colour === 0) return most > 40 ? 8 : 0;
  return colour === 7 ? (most > 200 ? 15 : most > 130 ? 7 : 8) : colour + bright;
}
