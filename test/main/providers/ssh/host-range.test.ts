import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { expandRanges, splitHosts } from '../../../../main/providers/ssh/host-range.ts';

describe('a name with a range', () => {
  test.each([
    ['db1', ['db1']],
    ['node[1-3].example', ['node1.example', 'node2.example', 'node3.example']],
    ['node[08-10]', ['node08', 'node09', 'node10']],
    ['node[01:03]', ['node01', 'node02', 'node03']],
    ['node[0:10:5]', ['node0', 'node5', 'node10']],
    ['db-[a:c]', ['db-a', 'db-b', 'db-c']],
    ['db-[X-Z]', ['db-X', 'db-Y', 'db-Z']],
    ['n[1-2,7]', ['n1', 'n2', 'n7']],
    ['n[7]', ['n7']],
    ['r[1-2]n[a-b]', ['r1na', 'r1nb', 'r2na', 'r2nb']],
    ['admin@10.0.0.[5-6]:2222', ['admin@10.0.0.5:2222', 'admin@10.0.0.6:2222']],
    ['root@[fd00::5]:2222', ['root@[fd00::5]:2222']],
    ['[fd00::5]', ['[fd00::5]']],
  ])('%s', (written, names) => expect(expandRanges(written)).toEqual(names));

  test.each([
    ['n[1-', "has a '[' without its ']'"],
    ['n[]', "'[]' is no range"],
    ['n[1-b]', "'[1-b]' is no range such as [01-20] or [a-f]"],
    ['n[ab-cd]', 'is no range'],
    ['n[20-01]', 'a range goes upwards, [1-20]'],
    ['n[f:a]', 'a range goes upwards, [a-f]'],
    ['n[1:9:0]', 'steps of 0'],
    ['n[0-999999999]', 'more than 1000 machines'],
    ['n[0-99][0-99][0-99][0-99]', 'more than 1000 machines'],
  ])('%s is the user’s mistake', (written, message) => {
    expect(() => expandRanges(written)).toThrow(UsageError);
    expect(() => expandRanges(written)).toThrow(message);
  });
});

test('a list of names is taken apart at the commas outside of ranges', () =>
  expect(splitHosts('a,n[1-3,7].example,[fd00::5]:22')).toEqual(['a', 'n[1-3,7].example', '[fd00::5]:22']));
