import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
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
    expect(await searchLog(none, 'x', { most: 10 }, never)).toEqual({ hits: [], isCut: false });
  });
});

describe('a log is searched', () => {
  const places = ({ hits }: Awaited<ReturnType<typeof searchLog>>) => hits.map(({ line, at }) => [line, at]);

  test('for a text in either case, through colours, with numbers and places of its lines', async () => {
    writeFileSync(file, 'first\n\x1b[31mNEE\x1b[0mdle\nÜber\x1b[1mMUT\nlast needle');
    const found = await searchLog(file, 'Needle', { most: 10 }, never);
    expect(found).toMatchObject({ isCut: false });
    expect(found.next).toBeUndefined();
    expect(places(found)).toEqual([
      [2, 6],
      [4, 35],
    ]);
    expect(found.hits[0]?.html).toBe('<span class="fg1">NEE</span>dle');
    expect(places(await searchLog(file, 'übermut', { most: 10 }, never))).toEqual([[3, 22]]);
  });

  test.each(['.*', 'a[1]', '^x$', '(y|z){2}?', '\\n', '--', '"$HOME"', '`id`', "it's"])(
    'for %s as it is written',
    async (text) => {
      writeFileSync(file, `nothing n xx yz\nhas ${text} in it\n`);
      expect(places(await searchLog(file, text, { most: 10 }, never))).toEqual([[2, 16]]);
    },
  );

  test('page by page', async () => {
    const lines = Array.from({ length: 300_000 }, (_, i) => (i % 1000 === 999 ? `needle ${i}` : `hay ${i}`));
    writeFileSync(file, lines.join('\n'));
    const all: (readonly [number, number])[] = [];
    let from: { line: number; at: number } | undefined = { line: 1, at: 0 };
    for (let pages = 0; from; pages++) {
      expect(pages).toBeLessThan(3);
      const { hits, next } = await searchLog(file, 'needle', { most: 140, from }, never);
      all.push(...hits.map(({ line, at }) => [line, at] as const));
      from = next;
    }
    expect(all.map(([line]) => line)).toEqual(Array.from({ length: 300 }, (_, i) => (i + 1) * 1000));
    const text = lines.join('\n');
    for (const [, at] of all) expect(text.slice(at, at + 6)).toBe('needle');
  });

  test('whatever bytes are in it, and however long its lines are', async () => {
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0, 0x0a, 0x80, ...Buffer.from('needle'), 0, 0x0a]));
    expect(places(await searchLog(file, 'needle', { most: 10 }, never))).toEqual([[2, 4]]);
    writeFileSync(file, `${'x'.repeat(3_000_000)}needle\nneedle`);
    const { hits } = await searchLog(file, 'needle', { most: 10 }, never);
    expect(hits.map(({ line, html }) => [line, html.length < 5000])).toEqual([
      [1, true],
      [2, true],
    ]);
    // A gigabyte without an end of line is not taken into memory, and said not to have been looked at.
    truncateSync(file, 2 ** 30);
    expect(await searchLog(file, 'needle', { most: 10 }, never)).toMatchObject({ isCut: true });
  });

  test('until who asked is gone: nothing goes on then', async () => {
    writeFileSync(file, 'hay\n');
    const fifo = join(folder, 'endless');
    execFileSync('mkfifo', [fifo]);
    const gone = new AbortController();
    const searching = searchLog(fifo, 'needle', { most: 10 }, gone.signal);
    const readers = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(fifo);
        } catch {
          return false;
        }
      });
    // It waits for somebody who writes.
    await vi.waitFor(() => expect(readers()).not.toEqual([]));
    gone.abort();
    expect(await searching).toEqual({ hits: [], isCut: true });
    await vi.waitFor(() => expect(readers()).toEqual([]));
    expect(await searchLog(file, 'hay', { most: 10 }, AbortSignal.abort())).toEqual({
      hits: [],
      isCut: true,
    });
  });
});
