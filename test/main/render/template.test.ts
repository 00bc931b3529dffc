import { describe, expect, test } from 'vitest';
import { compileTemplate } from '../../../main/render/template.ts';
import { scope } from './scope.ts';

const render = (source: string) => compileTemplate(source)(scope);
const text = (source: string) => {
  const result = render(source);
  expect(result.mistakes).toBeUndefined();
  return result.mistakes ? '' : result.text;
};
const mistakes = (source: string) => render(source).mistakes ?? [];

describe('<{ expression }> inserts', () => {
  test.each([
    ['<{ node }>:<{ main_config.port }>', '10.0.0.2:2379'],
    ['<{node_id}>', '1'],
    ['<{ node_config.dataDir }>/<{ env.HOME }>', '/var/lib/x//root'],
    ["<{ nodes.map((n) => n.name).join(',') }>", 'a,b'],
    ['<{ nodes[node_id].role }>', 'replica'],
    ['<{ spare_addresses[0] }>', '10.0.0.254'],
    [`<{ \`n\${node_id + 1}\` }>`, 'n2'],
    ['<{ 0 }><{ false }><{ "" }>', '0false'],
    ['<{ [1, 2] }>', '1,2'],
  ])('%s gives %s', (source, expected) => expect(text(source)).toBe(expected));

  test('nothing is escaped, and all around a tag stays as it is', () => {
    const around = `"it's" & <b> \\n \`$\{x}\` \u2028 ü\t`;
    expect(text(`${around}<{ "<a & 'b'>" }>${around}`)).toBe(`${around}<a & 'b'>${around}`);
  });

  test('line ends stay, those of Windows too, and a tag takes none away', () => {
    expect(text('a\r\n<{ node_id }>\r\nb\n')).toBe('a\r\n1\r\nb\n');
  });

  test('a sign or an underscore at the delimiter is part of the expression', () => {
    expect(text('<{-1}> <{-node_id}>')).toBe('-1 -1');
    expect(mistakes('<{_x}>')[0]?.message).toMatch(/_x is not defined/);
  });

  test('the delimiters can be written by inserting them, and may stand in strings and comments', () => {
    expect(text(`<{ '<{' }> x <{ '}>' }>`)).toBe('<{ x }>');
    expect(text('<{ 1 /* }> */ }>')).toBe('1');
  });

  test('what looks like our own marker lines does no harm', () => {
    expect(text('//@0\n<{ node_id }>\n//@1')).toBe('//@0\n1\n//@1');
  });
});

describe('<{% statement %}> runs', () => {
  test('loops and conditions; lines that hold nothing else leave no trace', () => {
    const source = `peers:
  <{% for (const peer of nodes) { %}>
  - <{ peer.name }>
    <{% if (peer.id === node_id) { %}>
    # this one
    <{% } %}>
  <{% } %}>
end
`;
    expect(text(source)).toBe('peers:\n  - a\n  - b\n    # this one\nend\n');
  });

  test('within a line the text around it stays', () => {
    expect(text('a <{% if (node_id) { %}> b <{% } %}> c')).toBe('a  b  c');
  });

  test('several on one line, comments among them, and one at the end without a line end', () => {
    expect(text('a\n<{% const x = 1; %}> <{% /* why */ %}>\n<{ x }>\n<{% // done %}>')).toBe('a\n1\n');
    expect(text('a\r\n<{% if (true) { %}>\r\nb\r\n<{% } %}>\r\n')).toBe('a\r\nb\r\n');
  });

  test('a line with a tag that inserts is no such line', () => {
    expect(text('<{ node_id }> <{% if (true) { %}>\nx<{% } %}>\n')).toBe('1 \nx\n');
  });
});

describe('mistakes tell the line, the column and the expression', () => {
  test('an undefined name, with what was meant', () => {
    expect(mistakes('a\n  b <{ nodeid }>')).toEqual([
      {
        line: 2,
        column: 8,
        expression: '<{ nodeid }>',
        message: 'nodeid is not defined; did you mean node_id?',
      },
    ]);
    expect(mistakes('<{ cluster }>')[0]?.message).toMatch(/known are main_config, .*env/);
  });

  test('what cannot be meant to be inserted', () => {
    expect(mistakes('<{ main_config.tokn }>')[0]?.message).toBe('main_config.tokn is undefined');
    expect(mistakes('<{ node.name }>')[0]?.message).toBe(
      'node.name is undefined; node is the address itself, and nodes[node_id] has id, address, name and role',
    );
    expect(mistakes('<{ null }>')[0]?.message).toBe('null is null');
    expect(mistakes('<{ main_config }>')[0]?.message).toMatch(/is an object; insert one of its properties/);
    expect(mistakes('<{ nodes }>')[0]?.message).toMatch(/is an object/);
    expect(mistakes('<{ nodes.map }>')[0]?.message).toMatch(/is a function/);
    expect(mistakes('<{ node_id * "x" }>')[0]?.message).toMatch(/NaN/);
  });

  test('a throw, where it was thrown', () => {
    expect(mistakes('x <{ main_config.\n   tls.cert }>')).toMatchObject([
      { line: 2, column: 8, message: "Cannot read properties of undefined (reading 'cert')" },
    ]);
    expect(mistakes('<{% throw new Error("no certificate") %}>')).toMatchObject([
      { line: 1, column: 11, message: 'no certificate' },
    ]);
  });

  test('syntax errors, of expressions and of statements', () => {
    expect(mistakes('<{ a b }>')).toMatchObject([
      { line: 1, column: 6, message: "syntax error: Unexpected identifier 'b'" },
    ]);
    expect(mistakes('<{ }>')).toMatchObject([{ line: 1, column: 1, message: 'an expression is missing' }]);
    expect(mistakes('\n<{% for (const n off nodes) { %}>\n<{% } %}>')).toMatchObject([
      { line: 2, column: 16 },
    ]);
    expect(mistakes('\n<{% if (node_id) { %}>\nx')).toMatchObject([
      { line: 2, column: 1, message: 'a block is opened here and never closed' },
    ]);
    expect(mistakes('x\n<{% } %}>')).toMatchObject([
      { line: 2, message: "syntax error: Unexpected token '}'" },
    ]);
  });

  test('tags that are not closed', () => {
    expect(mistakes('a\nb <{ node')).toMatchObject([{ line: 2, column: 3, message: 'unclosed tag' }]);
    expect(mistakes("<{ 'a }>")).toMatchObject([{ line: 1, column: 4, message: 'unclosed string' }]);
    expect(mistakes('<{% x }>')[0]?.message).toMatch(/ends with '%}>'/);
  });

  test('several of them at once', () => {
    expect(mistakes('<{ a }>\n<{ b }>\n<{ main_config.c }>').map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(mistakes('<{ a b }>\n<{ c d }>').map(({ line }) => line)).toEqual([1, 2]);
  });

  test('a statement that leaves the template is one, for the rest would be lost', () => {
    expect(mistakes('<{% return; %}>x')[0]?.message).toMatch(/'return'/);
  });
});
