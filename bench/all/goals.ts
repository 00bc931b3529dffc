import type { Records } from './compare.ts';
import type { Measure } from './programs.ts';

const begin = '<!-- goals -->';
const end = '<!-- /goals -->';

/** What is recorded of each measure beside what is aimed at, as a table of Markdown. */
export function goals(measures: readonly Measure[], records: Records): string {
  const lines = measures.map(({ name, goal }) => {
    const { value, date = '', machine = '', command = '' } = records[name] ?? {};
    const reached = value === undefined || goal === undefined ? '' : value <= goal ? 'yes' : 'no';
    const cells = [name, value ?? '', goal ?? '', reached, date, machine, command && `\`${command}\``];
    return `| ${cells.join(' | ')} |`.replaceAll('  ', ' ');
  });
  return [
    '| measure | recorded | goal | reached | day | machine | command |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

/** `text` with the table in place of what stands between the two marks. Throws where these are missing. */
export function withGoals(text: string, table: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no ${begin} … ${end} to write the goals into`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}
