import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../../../common/errors.ts';
import {
  checkAnswer,
  checkFailure,
  checkNotice,
  UnexpectedWordsError,
} from '../../../../main/agent/answers/check-words.ts';

const info = {
  version: '1',
  pid: 7,
  hostname: 'n1',
  os: { id: 'debian', version: '12', codename: 'bookworm' },
  arch: 'x64',
  kernel: '6.1.0-1-amd64',
  systemd: true,
  shell: 'bash' as const,
  clockMs: 1_700_000_000_000,
  boot: 'd6b0 17',
};
const status = { name: 'etcd', state: 'ready', pid: 7, lastLines: ['one', 'two'] };

describe('an honest answer', () => {
  test('is what was said', () => {
    expect(checkAnswer('hello', info)).toEqual(info);
    expect(checkAnswer('startService', status)).toEqual(status);
    const packages = { installed: [{ name: 'libstdc++6', version: '1:12.2.0-14+deb12u1~x' }], heldBack: [] };
    expect(checkAnswer('install', packages)).toEqual(packages);
    const heldBack = ['php8.2-fpm', 'getty@tty1.service', 'system-systemd\\x2dfsck.slice'];
    expect(checkAnswer('install', { installed: [], heldBack }).heldBack).toEqual(heldBack);
    const plan = { paths: ['/srv/app/a b\n"..c'], unmatched: ['/x*'], problems: ['/y: a socket'] };
    expect(checkAnswer('planCollection', plan)).toEqual(plan);
    expect(
      checkNotice('serviceDied', { name: 'a', exitCode: null, signal: 'SIGKILL', agoMs: 0, lastLines: [] }),
    ).toEqual({
      ...{ name: 'a', exitCode: null, signal: 'SIGKILL', agoMs: 0, lastLines: [] },
    });
  });

  test('is printable where it is for people, and loses what was not asked for', () => {
    const said = { ...info, hostname: 'a\u001b[2J\nb', stdoutFile: '/etc/shadow' };
    expect(checkAnswer('hello', said)).toEqual({ ...info, hostname: 'a b' });
    expect(checkNotice('progress', { message: 'x\u0007\ny'.padEnd(9000, 'y') }).message).toMatch(
      /^x\\x07 y+…$/,
    );
    const ran = { exitCode: 0, signal: null, left: [{ pid: 7, command: 'x\ny' }], durationMs: 1 };
    expect(checkAnswer('task', { ...ran, stdoutFile: '/etc/shadow' })).toEqual({
      ...{ ...ran, left: [{ pid: 7, command: 'x y' }] },
    });
    const lastLines = Array.from({ length: 500 }, (_, line) => `${line}`);
    expect(checkAnswer('stopService', { ...status, lastLines }).lastLines).toEqual(lastLines.slice(-100));
  });
});

/** Reports of these names. */
const named = (...names: readonly string[]) => ({
  reports: names.map((name, index) => ({ name, stream: index + 1 })),
  problems: [],
});

describe('an answer that is none', () => {
  test.each([
    ['hello', undefined],
    ['hello', null],
    ['hello', { ...info, clockMs: Number.NaN }],
    ['hello', { ...info, pid: -1 }],
    ['clock', { clockMs: 'noon' }],
    ['clock', { clockMs: Number.POSITIVE_INFINITY }],
    ['hello', { ...info, os: [] }],
    ['clean', { unchanged: ['../x'], restored: [] }],
    ['clean', { unchanged: ['/x'], restored: [] }],
    ['clean', { unchanged: [], restored: ['/a/../../x'] }],
    ['install', { installed: [{ name: '../x', version: '1' }], heldBack: [] }],
    ['install', { installed: [], heldBack: ['a b'] }],
    ['install', { installed: [], heldBack: ['-x'] }],
    ['services', [status, { ...status, state: 'fine' }]],
    ['services', Array.from({ length: 5000 }, () => status)],
    ['planCollection', { paths: ['relative'], unmatched: [], problems: [] }],
    ['planCollection', { paths: ['/a\0b'], unmatched: [], problems: [] }],
    ['reports', named('../../../../x')],
    ['reports', named('/x')],
    ['reports', named('.x')],
    ['reports', named('x'.repeat(256))],
    ['reports', named('x', 'x')],
    ['reports', { reports: [{ name: 'x', stream: -1 }], problems: [] }],
    ['task', { exitCode: 0, signal: null, left: [{ pid: -1, command: 'x' }], durationMs: 1 }],
    ['task', { exitCode: 300, signal: null, left: [], durationMs: 1 }],
    ['readFile', { bytes: -1 }],
  ] as const)('to %s is the trouble of its node: %j', (method, answer) => {
    expect(() => checkAnswer(method, answer)).toThrow(UnexpectedWordsError);
  });

  test('says what is wrong, and what it may be', () => {
    try {
      checkAnswer('reports', named('x\u001b[2J/../y'));
      expect.unreachable();
    } catch (error) {
      expect(describeFailure((error as UnexpectedWordsError).details)).toBe(
        "the agent's answer to 'reports' is not what it should be: reports[0].name: is not a file name\n" +
          '  try: look at the node: is it taken over, or out of memory? (`dmesg`)',
      );
    }
  });
});

test('a failure tells what happened, and not where: it cannot blame another node', () => {
  const data = {
    ...{ message: 'no\u001b[2J', verdict: 'fail', exitCode: 3, lastLines: ['a\nb'], hint: 'h' },
    ...{ node: 3, address: '10.0.0.3', phase: 'check', log: '../../etc/passwd' },
  };
  expect(checkFailure(data).details).toEqual({
    ...{ message: 'no', verdict: 'fail', exitCode: 3, lastLines: ['a b'], hint: 'h' },
  });
  expect(() => checkFailure('no')).toThrow(UnexpectedWordsError);
  expect(() => checkFailure({ message: 'x', verdict: 'pass' })).toThrow(UnexpectedWordsError);
});
