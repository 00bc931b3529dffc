/*
 * Wraps comments at 110 columns, which the formatter does for code only: `node scripts/wrap-comments.ts`
 * rewrites the project's TypeScript, with `--check` it only names the files and ends with 1.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const columns = 110;

/** The source with every comment line that is too long wrapped, and the rest of it as it was. */
export function wrapComments(source: string): string {
  const lines = source.split('\n');
  const out: string[] = [];
  while (lines.length > 0) out.push(...nextPart(lines));
  return out.join('\n');
}

/** Takes a comment, or a line of something else, from the beginning of `lines`. */
function nextPart(lines: string[]): readonly string[] {
  const [line = ''] = lines;
  const oneLine = /^(\s*)(\/\*\*?) (.*?) \*\/$/.exec(line);
  if (oneLine) {
    const [, indent = '', opener = '', text = ''] = oneLine;
    lines.shift();
    return line.length > columns ? block([text], indent, opener) : [line];
  }
  const opening = /^(\s*)(\/\*\*?)$/.exec(line);
  const end = lines.findIndex((each) => each.trim() === '*/');
  if (opening && end > 0) {
    const [, indent = '', opener = ''] = opening;
    const all = lines.splice(0, end + 1);
    const body = all.slice(1, -1);
    const isComment = body.every((each) => /^\s*\*/.test(each));
    if (!isComment || !body.some((each) => each.length > columns)) return all;
    const texts = body.map((each) => each.replace(/^\s*\* ?/, ''));
    return block(texts, indent, opener);
  }
  const indent = /^(\s*)\/\/ /.exec(line)?.[1];
  if (indent === undefined) return [lines.shift() ?? ''];
  return slashes(lines, indent);
}

function slashes(lines: string[], indent: string): readonly string[] {
  const prefix = `${indent}// `;
  const end = lines.findIndex((each) => !each.startsWith(prefix));
  const all = lines.splice(0, end < 0 ? lines.length : end);
  const isProse = !all.some((each) => /biome-ignore|@ts-|\/\/ +[-*|]|\/\/ {2}/.test(each));
  if (!isProse || !all.some((each) => each.length > columns)) return all;
  const text = all.map((each) => each.slice(prefix.length).trim()).join(' ');
  return wrapped(text, prefix);
}

/** A block comment; lists, tables, tags and what is indented stay as they are, paragraphs are wrapped. */
function block(texts: readonly string[], indent: string, opener: string): readonly string[] {
  const prefix = `${indent} * `;
  const out: string[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    const isLong = paragraph.some((each) => prefix.length + each.length > columns);
    out.push(...(isLong ? wrapped(paragraph.join(' '), prefix) : paragraph.map((each) => prefix + each)));
    paragraph = [];
  };
  for (const text of texts) {
    if (text.trim() !== '' && !/^(\s{2,}|[-*|@]|\d+\.|```)/.test(text)) paragraph.push(text);
    else {
      flush();
      out.push(`${prefix}${text}`.trimEnd());
    }
  }
  flush();
  return [`${indent}${opener}`, ...out, `${indent} */`];
}

/** In as few lines as there can be, the last of them no single word where that can be helped. */
function wrapped(text: string, prefix: string): readonly string[] {
  const room = columns - prefix.length;
  const words = text.split(/\s+/);
  let best = fill(words, room);
  const { length } = best;
  for (let width = room; width > 60 && (best.at(-1)?.length ?? 0) < 0.4 * width && length > 1; width -= 1) {
    const tighter = fill(words, width);
    if (tighter.length > length) break;
    best = tighter;
  }
  return best.map((line) => prefix + line);
}

function fill(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  const files = execFileSync('git', ['ls-files', '*.ts'], { encoding: 'utf8' }).trim().split('\n');
  for (const file of files) {
    const before = readFileSync(file, 'utf8');
    const after = wrapComments(before);
    if (after === before) continue;
    if (check) process.exitCode = 1;
    if (check) console.error(`${file}: a comment is wider than ${columns} columns: npm run format`);
    else writeFileSync(file, after);
  }
}
