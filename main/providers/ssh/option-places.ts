import { readFileSync } from 'node:fs';

/** Where an option was set: `/home/joe/.ssh/config:7`. */
export interface OptionPlace {
  readonly file: string;
  readonly line: number;
}

/**
 * Finds where options were set that count for a host, in what `ssh -vvv -G` says of the files that it reads
 * and of the blocks in them that apply. The first place counts, as with ssh; no place is told for an option
 * that stands nowhere (of the command line).
 */
export function optionPlaces(said: string, keywords: readonly string[]): ReadonlyMap<string, OptionPlace> {
  const applies = blocksThatApply(said);
  const places = new Map<string, OptionPlace>();
  for (const [, file = ''] of said.matchAll(/^debug1: Reading configuration data (.+?)\r?$/gm)) {
    let counts = true;
    for (const [index, text] of linesOf(file).entries()) {
      const [, keyword = ''] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)\S/.exec(text) ?? [];
      if (/^(host|match)$/i.test(keyword))
        counts = applies.has(`${file}:${index + 1}`) || /^\s*match\s+all\s*$/i.test(text);
      const wanted = keywords.find((each) => each.toLowerCase() === keyword.toLowerCase());
      if (counts && wanted !== undefined && !places.has(wanted))
        places.set(wanted, { file, line: index + 1 });
    }
  }
  return places;
}

/** `file:line` of each Host and Match that fits. */
function blocksThatApply(said: string): ReadonlySet<string> {
  const applies = new Set<string>();
  // Of a Match it is told which file and line are being compared, and in the end whether it fits.
  let compared: string | undefined;
  for (const line of said.split(/\r?\n/)) {
    const [, file, number, what = ''] = /^debug\d: (.+) line (\d+): (.*)/.exec(line) ?? [];
    if (what.startsWith('Applying options for ')) applies.add(`${file}:${number}`);
    else if (/^(not )?matched /.test(what)) compared = `${file}:${number}`;
    else if (line.startsWith('debug2: checking match for')) compared = undefined;
    else if (line === 'debug2: match found' && compared !== undefined) applies.add(compared);
  }
  return applies;
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
