import { describe, expect, test } from 'vitest';
import type { ProcessEnd } from '../../../../main/distribute/executors/start-process.ts';
import { byFile } from '../../../../main/distribute/results/by-file.ts';
import { judge, type NoReport } from '../../../../main/distribute/results/judge.ts';
import { readJunit } from '../../../../main/distribute/results/read-junit.ts';

const folder = '/home/me/project';
const suite = (cases: string) =>
  readJunit(`<testsuites><testsuite name="s">${cases}</testsuite></testsuites>`);
const passed = (file: string, name = 't') => `<testcase file="${file}" name="${name}" time="1"/>`;
const none: NoReport = { why: 'no report', broken: false };
const broken: NoReport = { why: 'it is cut off', broken: true };
const failed = (file: string, name = 't') =>
  `<testcase file="${file}" name="${name}" time="3"><failure message="no"/></testcase>`;

function judged(
  files: readonly string[],
  how: ProcessEnd['how'] | number,
  report?: NoReport | readonly ReturnType<typeof readJunit>[number][],
  emptyCodes: readonly number[] = [],
  mustReport = false,
) {
  const end = {
    how: typeof how === 'number' ? { kind: 'exit' as const, code: how } : how,
    took: 8000,
    left: [],
  };
  const { results, apart } = judge({ files, folder, end, report, emptyCodes, mustReport });
  return { apart, results: Object.fromEntries(results.map(({ file, ...result }) => [file, result])) };
}

describe('without a report', () => {
  test('the exit code tells of one file', () => {
    expect(judged(['a'], 0).results.a).toMatchObject({ verdict: 'pass', durationMs: 8000 });
    expect(judged(['a'], 3).results.a).toMatchObject({ verdict: 'fail', message: 'it exits with 3' });
  });

  test('a framework that always writes one did not come to its end, whatever it exits with', () => {
    expect(judged(['a'], 0, none, [], true).results.a).toMatchObject({
      verdict: 'fail',
      message: 'something in it ended its process; no report',
    });
    expect(judged(['a', 'b'], 0, none, [], true).apart).toEqual(['a', 'b']);
  });

  test('several files that fail together are each run alone', () => {
    expect(judged(['a', 'b'], 1)).toEqual({ results: {}, apart: ['a', 'b'] });
    expect(judged(['a', 'b'], 0).results).toMatchObject({ a: { verdict: 'pass', durationMs: 4000 } });
  });

  test('a time limit is a failure of the file', () => {
    expect(judged(['a'], { kind: 'late', seconds: 8 }).results.a).toMatchObject({
      verdict: 'fail',
      message: 'it took longer than its time limit of 8 s',
    });
  });

  test('that is told beside what the exit code says', () => {
    expect(judged(['a'], 0, none).results.a).toMatchObject({ verdict: 'pass', message: 'no report' });
    expect(judged(['a'], 1, none).results.a?.message).toBe('it exits with 1; no report');
  });
});

describe('a report that cannot be read', () => {
  test('is an error, for nobody knows what tests there were; a file that fails does fail', () => {
    expect(judged(['a'], 0, broken).results.a).toMatchObject({ verdict: 'error', message: 'it is cut off' });
    expect(judged(['a'], 1, broken).results.a).toMatchObject({
      verdict: 'fail',
      message: 'it exits with 1; it is cut off',
    });
  });

  test('of several files has each of them run alone', () =>
    expect(judged(['a', 'b'], 0, broken)).toEqual({ results: {}, apart: ['a', 'b'] }));
});

describe('with a report', () => {
  test('each file has its tests and their time, without the start of the process', () => {
    const { results, apart } = judged(['a', 'b'], 1, suite(passed('a') + failed('b')));
    expect(results).toMatchObject({
      a: { verdict: 'pass', durationMs: 1000, tests: [{ name: 't', verdict: 'pass' }] },
      b: { verdict: 'fail', durationMs: 3000, tests: [{ name: 't', verdict: 'fail', message: 'no' }] },
    });
    expect(apart).toEqual([]);
  });

  test('files of which a failed process reports nothing are run alone', () => {
    expect(judged(['a', 'b', 'c'], 1, suite(passed('a') + failed('b')))).toMatchObject({
      results: { a: { verdict: 'pass' }, b: { verdict: 'fail' } },
      apart: ['c'],
    });
  });

  test('a failure that no test explains is the only file’s', () => {
    expect(judged(['a'], 2, suite(passed('a'))).results.a).toMatchObject({
      verdict: 'fail',
      message: 'it exits with 2, and no test failed',
    });
    expect(judged(['a', 'b'], 2, suite(passed('a') + passed('b'))).apart).toEqual(['a', 'b']);
  });

  test('a file without tests passes where its framework says so by its exit code', () => {
    expect(judged(['a'], 5, suite(''), [5]).results.a).toMatchObject({ verdict: 'pass', tests: [] });
    expect(judged(['a'], 5, suite('')).results.a).toMatchObject({ verdict: 'fail' });
  });

  test('a failed test of which nobody knows the file has all of them run alone', () => {
    expect(judged(['a', 'b'], 1, suite(passed('a') + failed('elsewhere'))).apart).toEqual(['a', 'b']);
  });
});

describe('a test’s file is found', () => {
  const placed = (xml: string, files: readonly string[]) =>
    Object.fromEntries(
      [...byFile(readJunit(xml), files, folder).tests].map(([file, tests]) => [
        file,
        tests.map(({ name }) => name),
      ]),
    );

  test('by its path, absolute or not, of the case or of a suite around it', () => {
    const xml = `<testsuites><testsuite name="t/b.js"><testsuite name="inner"><testcase name="two"/></testsuite></testsuite>
      <testsuite name="x"><testcase name="one" file="${folder}/t/a.js"/><testcase name="three" file="./t/a.js"/></testsuite></testsuites>`;
    expect(placed(xml, ['t/a.js', 't/b.js'])).toEqual({ 't/a.js': ['one', 'three'], 't/b.js': ['two'] });
  });

  test('by the module that its class is in; the class within it belongs to the name', () => {
    const xml =
      '<testsuite><testcase classname="tests.test_a" name="one"/><testcase classname="tests.test_a.TestB" name="two"/></testsuite>';
    expect(placed(xml, ['tests/test_a.py', 'tests/test_c.py'])).toEqual({
      'tests/test_a.py': ['one', 'TestB.two'],
      'tests/test_c.py': [],
    });
  });

  test('tests of one name are told apart', () =>
    expect(placed(`<testsuite>${passed('a')}${passed('a')}</testsuite>`, ['a'])).toEqual({
      a: ['t', 't (2)'],
    }));
});

describe('a JUnit report', () => {
  test('has names and texts as they are, with each reference taken once', () => {
    const [one] = readJunit(
      `<testsuite><testcase name="f=1&amp;amp;z &lt;b&gt; &amp;lt; &#65; &amp;#65; > &quot;"><failure message="&amp;amp;">
        &amp;lt; &lt;</failure><failure><![CDATA[a &amp; b & <c>]]></failure></testcase></testsuite>`,
    );
    expect(one).toMatchObject({
      ...{ name: 'f=1&amp;z <b> &lt; A &#65; > "', message: '&amp;' },
      detail: '&lt; <\n\na &amp; b & <c>',
    });
  });

  test('is read with its references, its skipped tests and its errors', () => {
    const xml = `<?xml version="1.0"?><testsuite name="s" tests="3">
      <testcase name="a &lt;b&gt; &#233;" time="1,000.5"><error type="E">x &amp; y</error></testcase>
      <testcase name="skipped"><skipped/></testcase><testcase name="cdata"><failure><![CDATA[a < b]]></failure></testcase></testsuite>`;
    expect(readJunit(xml)).toMatchObject([
      { name: 'a <b> é', verdict: 'fail', durationMs: 1_000_500, message: 'x & y', detail: 'x & y' },
      { name: 'skipped', verdict: 'skip' },
      { name: 'cdata', verdict: 'fail', message: 'a < b' },
    ]);
  });

  test('that is cut off anywhere is none', () => {
    const xml =
      '<?xml version="1.0"?>\n<testsuites a=">"><!-- </testsuites> --><testsuite name="s"><testcase name="a"/>\n<testcase name="b"><failure>no</failure><system-out><![CDATA[</testsuites>]]></system-out></testcase>\n</testsuite></testsuites>\n';
    expect(readJunit(xml)).toHaveLength(2);
    for (let length = 0; length < xml.trimEnd().length; length += 1)
      expect(() => readJunit(xml.slice(0, length)), xml.slice(0, length)).toThrow(/the report of the tests/);
    const inner = xml.slice(xml.indexOf('<testsuite '), xml.indexOf('</testsuites>\n'));
    const nested = `<testsuite name="outer">${inner}`;
    expect(() => readJunit(nested)).toThrow(/is cut off: its <testsuite> has no end/);
    expect(readJunit(`${nested}<testsuite name="empty"/></testsuite>`)).toHaveLength(2);
  });

  test.each(['', '<testsuite><testcase name="a"', '<html/>', '{"a": 1}', '\0\x01'])('%j is none', (text) =>
    expect(() => readJunit(text)).toThrow(/the report of the tests is no/),
  );
});
