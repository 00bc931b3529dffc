import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../../common/results.ts';
import { FakeCluster } from '../../../fakes/cluster-under-test.ts';
import { named, outcomes, runCheckFiles } from '../check-files.ts';

describe('the tests of check files', () => {
  let results: readonly CheckResult[];

  beforeAll(async () => {
    results = await runCheckFiles({
      'b second.check.ts': `
        test('passes', async ({ cluster }) => expect(cluster.nodes).toHaveLength(3));
        describe('with "quotes" > and ünïcödé', () => {
          test('fails', () => expect({ members: 2 }).toEqual({ members: 3 }));
        });
        test('throws another error', () => { undefined.member; });
        test.skip('is skipped', () => { throw new Error('must not run'); });
        test.todo('is to be written');
        test('skips itself', ({ skip }) => skip('no quorum here'));
        test.fails('is expected to fail', () => expect(1).toBe(2));
        test('succeeds at the second attempt', { retry: 1 }, ({ task }) => expect(task.result.retryCount).toBe(1));
      `,
      'a-first.check.ts': `
        describe('a suite', () => {
          beforeAll(() => { throw new Error('the hook is broken'); });
          test('whose hook fails', () => {});
        });
        test('beside it', () => {});
      `,
      'c.check.ts': "test('the last', () => {});",
    });
  });

  test('come in the order of the file names and of each file', () => {
    expect(outcomes(results), JSON.stringify(results.at(-1))).toEqual([
      'skip a suite > whose hook fails',
      'pass beside it',
      'fail hooks of a suite',
      'pass passes',
      'fail with "quotes" > and ünïcödé > fails',
      'fail throws another error',
      'skip is skipped',
      'skip is to be written',
      'skip skips itself',
      'pass is expected to fail',
      'pass succeeds at the second attempt',
      'pass the last',
    ]);
  });

  test('name their file relative to the scenario', () => {
    expect(named(results, 'the last')).toMatchObject({ kind: 'test', file: 'config/checks/c.check.ts' });
  });

  test('a failure tells what was expected, the diff and the line, without colours', () => {
    const { message, detail } = named(results, 'with "quotes" > and ünïcödé > fails');
    expect(message).toBe('expected { members: 2 } to deeply equal { members: 3 }');
    expect(detail).toContain('-   "members": 3,\n+   "members": 2,');
    expect(detail).toContain('at config/checks/b second.check.ts:5:');
    expect(detail).toContain("> 5 |           test('fails', () => expect({ members: 2 })");
    expect(JSON.stringify(results)).not.toContain('\\u001b');
  });

  test('an error that is no assertion keeps its name', () => {
    expect(named(results, 'throws another error').message).toMatch(
      /^TypeError: Cannot read properties of undef/,
    );
  });

  test('what was skipped says why', () => {
    expect(named(results, 'is skipped').message).toBe('skipped in the check file');
    expect(named(results, 'is to be written').message).toBe('to be written');
    expect(named(results, 'skips itself').message).toBe('no quorum here');
    expect(named(results, 'a suite > whose hook fails').message).toBe('not run: a hook before it failed');
  });

  test('a hook that throws is a failure of its own', () => {
    expect(named(results, 'hooks of a suite').message).toBe('the hook is broken');
  });
});

describe('a check file that cannot be run', () => {
  let results: readonly CheckResult[];
  const of = (file: string) => named(results, `config/checks/${file}`);

  beforeAll(async () => {
    results = await runCheckFiles({
      'compile.check.ts': "test('x', () => {\n  const a = ;\n});",
      'import.check.ts': "import { nothing } from './nowhere.ts';\ntest('x', nothing);",
      'none.check.ts': 'expect(1).toBe(1);',
      'throws.check.ts': 'noSuchFunction();',
    });
  });

  test('is an error, never a silent pass', () => {
    expect(outcomes(results).toSorted()).toEqual([
      'error config/checks/compile.check.ts',
      'error config/checks/import.check.ts',
      'error config/checks/none.check.ts',
      'error config/checks/throws.check.ts',
    ]);
  });

  test('tells where it does not compile', () => {
    const { message } = of('compile.check.ts');
    expect(message).toBe(
      'the file could not be loaded: config/checks/compile.check.ts:3:13: Unexpected token',
    );
  });

  test('tells which import is not there, and its line', () => {
    expect(of('import.check.ts').message).toMatch(/Cannot find module '\.\/nowhere\.ts'/);
    expect(of('import.check.ts').detail).toContain('at config/checks/import.check.ts:2:1');
  });

  test('tells what it threw while it was loaded', () => {
    expect(of('throws.check.ts').message).toContain('ReferenceError: noSuchFunction is not defined');
    expect(of('throws.check.ts').detail).toContain('at config/checks/throws.check.ts:2:1');
  });

  test('tells that it has no test, and how to write one', () => {
    expect(of('none.check.ts').message).toMatch(/the file has no test; .*test\('…', async \(\{ cluster \}\)/);
  });
});

describe('several check files', () => {
  test('disturb the cluster one after another, though they are loaded side by side', async () => {
    const seen: string[] = [];
    const cluster = new FakeCluster({ shell: (command) => void seen.push(command) });
    const source = (name: string) => `test('${name}', async ({ cluster }) => {
      await cluster.main.exec('${name} begins');
      await new Promise((resolve) => setTimeout(resolve, 50));
      await cluster.main.exec('${name} ends');
    });`;
    const names = ['a', 'b', 'c', 'd'];
    await runCheckFiles(
      Object.fromEntries(names.map((name) => [`${name}.check.ts`, source(name)])),
      {},
      cluster,
    );
    expect(seen).toEqual(names.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  test('get this program and its Vitest, wherever the scenario lies', async () => {
    const source = `
      import { vi as vitests } from 'vitest';
      import { vi } from 'shakedown/check';
      import { defineMain } from 'shakedown';
      test('the same', () => {
        expect(vi).toBe(vitests);
        expect(defineMain).toBeTypeOf('function');
      });`;
    expect(outcomes(await runCheckFiles({ 'a.check.ts': source }))).toEqual(['pass the same']);
  });
});

describe('the filter', () => {
  const sources = {
    'a.check.ts':
      "describe('etcd', () => { test('Elects a leader', () => {}); test('else', () => { throw 1; }); });",
    'b.check.ts': "test('unwanted', () => { throw new Error('must not run'); });",
  };

  test('runs only tests whose name holds it, whatever the case, and is silent about the others', async () => {
    expect(outcomes(await runCheckFiles(sources, { filter: 'etcd > elects' }))).toEqual([
      'pass etcd > Elects a leader',
    ]);
  });

  test('is plain text, not a pattern', async () => {
    expect(await runCheckFiles(sources, { filter: 'Elects.*' })).toEqual([]);
  });
});

test('a node in the diff of a failed assertion, and in a log, is its name and address; its JSON is its facts', async () => {
  const results = await runCheckFiles({
    'a.check.ts': `import { inspect } from 'node:util';
      test('other', ({ cluster }) => {
        expect({ leader: [cluster.nodes[0]] }).toEqual({ leader: [cluster.nodes[1]] });
      });
      test('no node', ({ cluster }) => {
        expect(cluster.nodes[1]).toMatchObject({ name: 'ha2' });
      });
      test('same', ({ cluster }) => {
        const [first] = cluster.nodes;
        expect(inspect(first)).toBe('node0 (10.0.0.10)');
        expect(JSON.parse(JSON.stringify({ first }))).toEqual({ first: { ...first } });
        expect(JSON.parse(JSON.stringify(first))).toMatchObject({ id: 0, name: 'node0' });
        expect(first).toEqual(cluster.node(0));
        expect(first).not.toEqual(cluster.node(1));
      });`,
  });
  const [other, subset, same] = results;
  expect(other?.detail).toMatch(/- +"node1 \(10\.0\.0\.11\)",\n\+ +"node0 \(10\.0\.0\.10\)",/);
  expect(other?.detail).not.toMatch(/address|Function/);
  expect(subset).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('ha2') });
  expect(subset?.detail).not.toContain('Function');
  expect(same).toMatchObject({ verdict: 'pass' });
});
