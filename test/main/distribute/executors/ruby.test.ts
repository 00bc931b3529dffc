import { expect, test } from 'vitest';
import type { DistributeResult } from '../../../../main/distribute/results/distribute-result.ts';
import { place, verdicts } from '../place.ts';

const rspec = { files: 'spec/*_spec.rb', command: ['rspec', '{files}'], localRunners: 1 };
const minitest = { files: 'test/*_test.rb', command: 'ruby -Itest {file}', localRunners: 1 };

/** Verdicts and names of all tests; their order within a file may be one of chance. */
const tests = ({ files }: DistributeResult) =>
  files.map(({ file, verdict, tests: all }) => [
    file,
    verdict,
    ...all.map(({ name, verdict: each, message }) => `${name}: ${each} ${message ?? ''}`).sort(),
  ]);

const specs = {
  'spec/spec_helper.rb':
    "RSpec.configure { |c| c.before(:suite) { File.write('log', 'up') }; c.after(:suite) { File.write('log', File.read('log') + ' down') } }\n",
  '.rspec': '--require spec_helper\n',
  'spec/a_spec.rb': `RSpec.describe 'A' do
  it('works') { puts 'a works'; expect(File.read('log')).to eq 'up' }
  it('fails') { expect(1).to eq 2 }
  it('raises') { raise ArgumentError, "no\\nroom" }
  it('waits')
  context('inner') { let(:x) { 7 }; it('is deep') { expect(x).to eq 7 } }
end
`,
  'spec/b_spec.rb': "RSpec.describe('A') { it('works') { puts 'b works' } }\n",
  'spec/c_spec.rb': "require 'nothing_of_that_name'\nRSpec.describe('C') { it('works') {} }\n",
  'spec/d_spec.rb': "RSpec.describe('D') { it('exits') { exit! 0 } }\n",
  'spec/e_spec.rb': "RSpec.describe('E') { it('is killed') { Process.kill('KILL', Process.pid) } }\n",
  'spec/f_spec.rb':
    "RSpec.describe('F') { it('replaces stdout') { $stdout = StringIO.new; puts 'nowhere' } }\n",
};

test('RSpec: verdicts and names are those of a process for each file', async () => {
  const { run, left, notes } = place(specs);
  const warm = await run(rspec);
  const cold = await run({ ...rspec, cold: true });
  expect(verdicts(warm)).toEqual({
    ...{ 'spec/a_spec.rb': 'fail', 'spec/b_spec.rb': 'pass', 'spec/c_spec.rb': 'fail' },
    ...{ 'spec/d_spec.rb': 'fail', 'spec/e_spec.rb': 'error', 'spec/f_spec.rb': 'pass' },
  });
  // What cannot be loaded has no tests, and is told in other words.
  const told = (result: DistributeResult) => tests(result).filter(([file]) => file !== 'spec/e_spec.rb');
  expect(told(warm)).toEqual(told(cold));
  expect(notes.filter((note) => note.includes('loaded'))).toEqual([]);
  const [a, b, c] = warm.files;
  const output = left(warm, a?.ran?.output ?? '');
  expect(output).toContain('a works');
  expect(output, 'its failures').toMatch(/expected: 2[\s\S]*ArgumentError/);
  expect(left(warm, b?.ran?.output ?? '')).toMatch(/^b works\n\.$/m);
  expect(c?.message).toMatch(/An error occurred while loading .*c_spec.rb/);
});

test('RSpec: hooks of the suite are run once for a runner', async () => {
  const { run } = place({
    ...{ '.rspec': specs['.rspec'], 'spec/spec_helper.rb': specs['spec/spec_helper.rb'] },
    ...{ 'spec/b_spec.rb': specs['spec/b_spec.rb'], 'spec/f_spec.rb': specs['spec/f_spec.rb'] },
  });
  const hooks = { node_teardown: '[ "$(cat log)" = "up down" ]' };
  expect(await run({ ...rspec, hooks })).toMatchObject({ verdict: 'pass', outOfUse: [] });
});

test('RSpec that fails before its suite says so for each file', async () => {
  const { run } = place({
    ...{ 'spec/a_spec.rb': specs['spec/b_spec.rb'], 'spec/b_spec.rb': specs['spec/b_spec.rb'] },
    ...{ '.rspec': '--require spec_helper\n' },
    'spec/spec_helper.rb': "RSpec.configure { |c| c.before(:suite) { raise 'no database' } }\n",
  });
  const result = await run(rspec);
  expect(verdicts(result)).toEqual({ 'spec/a_spec.rb': 'fail', 'spec/b_spec.rb': 'fail' });
});

const minis = {
  'test/test_helper.rb': "require 'minitest/autorun'\nMinitest.after_run { File.write('log', 'after') }\n",
  'test/a_test.rb': `require 'test_helper'
class ATest < Minitest::Test
  def test_works; puts 'a works'; assert true; end
  def test_fails; assert_equal 1, 2; end
  def test_raises; raise 'no'; end
  def test_skips; skip 'later'; end
end
describe('spec') { it('is') { _(1).must_equal 1 } }
`,
  // The class of another file once more: each file's tests are its own.
  'test/b_test.rb':
    "require 'test_helper'\nclass ATest < Minitest::Test\n  def test_more; end\n  def test_fails; end\nend\n",
  'test/c_test.rb': "require 'nothing_of_that_name'\n",
  'test/d_test.rb':
    "require 'test_helper'\nclass DTest < Minitest::Test\n  parallelize_me!\n  def test_a; end\n  def test_b; end\nend\n",
  'test/e_test.rb': "require 'test_helper'\nclass ETest < Minitest::Test\n  def test_e; exit! 0; end\nend\n",
  'test/f_test.rb':
    "require 'test_helper'\nclass FTest < Minitest::Test\n  def test_f; Process.kill('KILL', Process.pid); end\nend\n",
};

test('Minitest: test by test, the same in one process for all and in one for each file', async () => {
  const { run, left } = place(minis);
  const warm = await run(minitest);
  expect(tests(warm)).toEqual([
    [
      'test/a_test.rb',
      'fail',
      'ATest#test_fails: fail Expected: 1',
      'ATest#test_raises: fail RuntimeError: no',
      'ATest#test_skips: skip later',
      'ATest#test_works: pass ',
      'spec#test_0001_is: pass ',
    ],
    ['test/b_test.rb', 'pass', 'ATest#test_fails: pass ', 'ATest#test_more: pass '],
    ['test/c_test.rb', 'fail'],
    ['test/d_test.rb', 'pass', 'DTest#test_a: pass ', 'DTest#test_b: pass '],
    ['test/e_test.rb', 'fail'],
    ['test/f_test.rb', 'error'],
  ]);
  const cold = await run({ ...minitest, cold: true });
  expect(tests(cold)).toEqual(tests(warm));
  expect(new Set(cold.processes.map(({ ran }) => ran.process)).size, 'a process for each').toBeGreaterThan(5);
  const [a, , c, , e] = warm.files;
  expect(left(warm, a?.ran?.output ?? '')).toContain('a works');
  expect(c?.message).toBe('LoadError: cannot load such file -- nothing_of_that_name');
  expect(e?.message).toBe('its process exits with 0, and not all of its tests have ended');
});

test('Minitest: what is to be done after the run is done once, after the last file', async () => {
  const helper =
    "require 'minitest/autorun'\nMinitest.after_run { File.write('log', 'after ', mode: 'a') }\n";
  const body = (name: string) =>
    `require 'test_helper'\nclass ${name} < Minitest::Test\n  def test_log; refute File.exist?('log'); end\nend\n`;
  const { run } = place({
    ...{ 'test/test_helper.rb': helper, 'test/a_test.rb': body('A'), 'test/b_test.rb': body('B') },
  });
  const hooks = { node_teardown: '[ "$(cat log)" = "after " ]' };
  expect(await run({ ...minitest, hooks })).toMatchObject({ verdict: 'pass', outOfUse: [] });
});
