import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { coloured } from '../../../../main/jobs/pages/log/coloured.ts';
import { windowAround, windowBefore, windowFrom } from '../../../../main/jobs/pages/log/log-window.ts';
import { searchLog } from '../../../../main/jobs/pages/log/search-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'shakedown-log-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'log');
const never = new AbortController().signal;

describe('a line is text with colours', () => {
  test.each([
    ['\x1b[31mred\x1b[0m and not', '<span class="fg1">red</span> and not'],
    ['\x1b[1;92mbold\x1b[22m green', '<span class="fg10 bold">bold</span><span class="fg10"> green</span>'],
    ['\x1b[38;5;196mcube\x1b[39m', '<span class="fg9">cube</span>'],
    ['\x1b[48;2;0;0;250mtrue\x1b[m.', '<span class="bg12">true</span>.'],
    ['10 %\r50 %\r\x1b[32m100 %\x1b[0m\r', '<span class="fg2">100 %</span>'],
    ['a\x1b[2Kb\x1b]0;title\x07c', 'abc'],
    ['<script>alert("1")</script>&\'', '&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;'],
    ['\x1b[31<b>m', 'b&#62;m'],
    ['\u202etxt.exe', '\\u202etxt.exe'],
  ])('%j', (line, html) => expect(coloured(line).html).toBe(html));

  test('a colour that does not end goes on in the next line', () => {
    const { look } = coloured('\x1b[33mone');
    expect(coloured('two', look).html).toBe('<span class="fg3">two</span>');
  });

  test('whatever bytes come, all that is HTML in it are spans with classes', () => {
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(
        Array.from({ length: 60 }, () => '\x1b[38;5m<>"\'&]0\x07\rx;2:'.charCodeAt(Math.random() * 24)),
      );
      const left = coloured(bytes.toString()).html.replaceAll(
        /<span class="[a-z0-9 ]+">|<\/span>|&#\d+;/g,
        '',
      );
      expect(left).not.toMatch(/[<>"'&]/);
    }
  });
});

describe('parts of a log', () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i} ü`);
  const text = `${lines.join('\n')}\n`;
  const shown = ({ lines: some }: { lines: readonly { html: string }[] }) => some.map(({ html }) => html);

  test('its end, and what comes before, without a line twice or cut', async () => {
    writeFileSync(file, text);
    let end: number | undefined;
    let all: string[] = [];
    do {
      const part = await windowBefore(file, end, 500);
      expect(part.to).toBe(end ?? Buffer.byteLength(text));
      all = [...shown(part), ...all];
      end = part.from;
    } while (end > 0);
    expect(all).toEqual(lines);
  });

  test('what comes after, as whole lines; what has no end of line yet by itself', async () => {
    writeFileSync(file, 'one\ntwo\nthr');
    const part = await windowFrom(file, 4, 1000);
    expect([shown(part), part.to, part.partial]).toEqual([['two'], 8, 'thr']);
    expect(shown(await windowFrom(file, part.to, 1000, true))).toEqual(['thr']);
    expect(shown(await windowFrom(file, 0, 6))).toEqual(['one']);
  });

  test('what is around a byte', async () => {
    writeFileSync(file, text);
    const at = Buffer.byteLength(text.slice(0, text.indexOf('line 500')));
    const part = await windowAround(file, at, 200);
    expect(part.lines.find((line) => line.at === at)?.html).toBe('line 500 ü');
  });

  test('a line without end comes in pieces', async () => {
    writeFileSync(file, 'x'.repeat(100_000));
    const part = await windowBefore(file, undefined, 60_000);
    expect(part.lines.map(({ html }) => html.length)).toEqual([16_384, 16_384, 16_384, 10_848]);
    expect((await windowFrom(file, 0, 50_000)).to).toBe(50_000);
  });

  test('none where there is no log', async () => {
    const none = join(folder, 'none');
    expect(await windowBefore(none, undefined, 100)).toMatchObject({ size: 0, lines: [] });
    expect(await searchLog(none, 'x', 10, never)).toEqual({ hits: [], more: false });
  });
});

describe('a log is searched', () => {
  test('for a text in either case, through colours, with numbers and places of its lines', async () => {
    writeFileSync(file, 'first\n\x1b[31mNEE\x1b[0mdle\nlast needle');
    const { hits, more } = await searchLog(file, 'Needle', 10, never);
    expect(hits.map(({ line, at }) => [line, at])).toEqual([
      [2, 6],
      [3, 22],
    ]);
    expect(more).toBe(false);
  });

  test('as far as wanted, over pieces that the disk gives', async () => {
    const lines = Array.from({ length: 300_000 }, (_, i) => (i % 1000 === 999 ? `needle ${i}` : `hay ${i}`));
    writeFileSync(file, lines.join('\n'));
    const { hits } = await searchLog(file, 'needle', 1000, never);
    expect(hits.map(({ line }) => line)).toEqual(Array.from({ length: 300 }, (_, i) => (i + 1) * 1000));
    const text = lines.join('\n');
    for (const { at } of hits) expect(text.slice(at, at + 6)).toBe('needle');
    expect(await searchLog(file, 'needle', 7, never)).toMatchObject({ more: true, hits: { length: 7 } });
    expect((await searchLog(file, 'needle', 7, AbortSignal.abort())).more).toBe(true);
  });
});
