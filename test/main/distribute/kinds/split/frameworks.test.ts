import { join } from 'node:path';
import { expect, test } from 'vitest';
import { splitAlike } from './split-alike.ts';

const modules = join(import.meta.dirname, '../../../../../node_modules');

const names = (parts: Awaited<ReturnType<typeof splitAlike>>) =>
  parts.flatMap(({ tests }) => tests.map(({ name }) => name));

test.each([{ cold: false }, { cold: true }])('RSpec, by the ids of examples: %j', async ({ cold }) => {
  const spec = (more: string) => `require_relative 'shared'
RSpec.describe 'A' do
  before(:context) { File.write("once-#{Process.pid}", 'x') }
  it('works') { expect(1).to eq 1 }
  it('works') { expect(1).to eq 2 }
  it { is_expected.to eq 'A' }
  context('inner') { it('fails') { raise 'no' }; xit('waits') {} }
  it_behaves_like 'a shared one', 1
  it_behaves_like 'a shared one', 2
${more}end
`;
  const shared = 'RSpec.shared_examples(\'a shared one\') { |n| it("has #{n}") { expect(n).to eq 1 } }\n';
  const whole = spec('  it("is gone #{__LINE__}") {}\n');
  const parts = await splitAlike({
    files: {
      'spec/a_spec.rb': whole,
      'spec/shared.rb': shared,
      'spec/b_spec.rb': "RSpec.describe('B') { it('b') {} }\n",
    },
    file: 'spec/a_spec.rb',
    changed: whole
      .replace("  it('works') { expect(1).to eq 1 }\n", "  it('is new') { raise 'new' }\n  it('is too') {}\n")
      .replace(/ {2}it\("is gone.*\n/, ''),
    config: { files: 'spec/*_spec.rb', command: ['rspec', '{files}'], cold },
  });
  expect(names(parts), 'none is run twice').toHaveLength(8);
});

test('Minitest, by names, in processes that are told what to leave out', async () => {
  const body = (more: string) => `require 'minitest/autorun'
class ATest < Minitest::Test
  def test_works; assert true; end
  def test_fails; assert_equal 1, 2; end
  def test_skips; skip 'later'; end
${more}end
class BTest < ATest; end
describe('spec') { it('is') { _(1).must_equal 1 }; describe('inner') { it('is not') { _(1).must_equal 2 } } }
`;
  const parts = await splitAlike({
    files: { 'test/a_test.rb': body('  def test_gone; end\n'), 'test/b_test.rb': body('') },
    file: 'test/a_test.rb',
    changed: body("  def test_new; raise 'new'; end\n"),
    config: { files: 'test/*_test.rb', command: 'ruby -Itest {file}' },
  });
  expect(names(parts)).toHaveLength(10);
});

test('Vitest, by a pattern for full names', async () => {
  const body = (more: string) => `import { describe, expect, test } from 'vitest';
describe('outer (1+1)', () => {
  test('works', () => {});
  test('works', () => expect(1).toBe(2));
  test.skip('later', () => {});
  describe('inner', () => test.each([1, 2])('has %i', (n) => expect(n).toBe(1)));
});
test('outer (1+1) works', () => {});
test('$5 a|b > c', () => {});
${more}`;
  const parts = await splitAlike({
    files: {
      'package.json': '{ "type": "module", "devDependencies": { "vitest": "5" } }',
      '.gitignore': 'node_modules\n',
      'a.test.js': body("test('gone', () => {});\n"),
    },
    file: 'a.test.js',
    changed: body("test('new', () => { throw new Error('new') });\n"),
    config: { hooks: { node_setup: `ln -sfn ${modules} node_modules` } },
  });
  expect(names(parts)).toHaveLength(8);
});

test('node --test, by patterns for names of tests and groups', async () => {
  const body = (more: string) => `import { describe, it, test } from 'node:test';
describe('A', () => { it('one', () => {}); it('two', () => { throw new Error('no') }); });
describe('B', () => { it('one', () => {}); describe('in', () => it('deep', () => {})); });
test('two', () => {});
test('P', async (t) => { await t.test('s1', () => {}); await t.test('s2', () => { throw new Error('s2') }); });
test.skip('later', () => {});
describe('none', () => {});
${more}`;
  const parts = await splitAlike({
    files: {
      'package.json': '{ "type": "module", "scripts": { "test": "node --test" } }',
      'test/a.test.js': body("test('gone', () => {});\n"),
    },
    file: 'test/a.test.js',
    changed: body("test('new', () => { throw new Error('new') });\n"),
    config: {},
  });
  expect(names(parts)).toHaveLength(10);
});
