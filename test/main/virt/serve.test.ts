import { describe, expect, test, vi } from 'vitest';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { conversation, FakeTestbed } from './fake-testbed.ts';

/** What the server answers to these lines, and what became of the testbed. */
async function talk(...lines: readonly string[]) {
  const testbed = new FakeTestbed();
  const caller = conversation(testbed);
  caller.say(...lines);
  caller.hangUp();
  const error = await caller.served.then(
    () => undefined,
    (reason) => reason,
  );
  return { answers: caller.answers(), calls: testbed.calls, told: caller.told, error };
}

describe('the protocol of autopkgtest’s virtualisation servers', () => {
  test('begins with ok, answers each command with one line, and ends after quit', async () => {
    const { answers, calls, error } = await talk('open', 'print-execute-command', 'close', 'quit');
    expect(answers).toEqual(['ok', 'ok /tmp/a%20folder', 'ok /run/it,one%2C%20two', 'ok', 'ok']);
    expect(calls).toEqual(['open', 'close', 'close']);
    expect(error).toBeUndefined();
  });

  test('tells the capabilities in all states', async () => {
    const { answers } = await talk('capabilities', 'open', 'capabilities', 'quit');
    expect(answers.filter((line) => line.includes('revert'))).toEqual([
      'ok revert',
      'ok revert isolation-container',
    ]);
  });

  test('decodes paths, and hands on what is asked', async () => {
    const { answers, calls } = await talk(
      'open',
      'copydown /a%20b/ /c%2Cd/',
      'copyup /x /y',
      'revert',
      'reboot',
      'reboot prepare-only',
      'shell /tmp A=b%20c D=e',
      'quit',
    );
    expect(answers).toHaveLength(9);
    expect(calls).toEqual([
      'open',
      'down /a b/ -> /c,d/',
      'up /x -> /y',
      'revert',
      'reboot',
      'reboot itself',
      'shell /tmp A=b c D=e',
      'close',
    ]);
  });

  test('a copy that fails is told and the testbed stays open', async () => {
    const { answers, told, error } = await talk('open', 'copydown /nowhere /x', 'copyup /x /y', 'quit');
    expect(answers.slice(2)).toEqual(['copy-failed', 'ok', 'ok']);
    expect(told.join()).toContain('there is no /nowhere');
    expect(error).toBeUndefined();
  });

  test('tells what may explain a failure when it is asked to', async () => {
    const { answers, told } = await talk('auxverb_debug_fail', 'quit');
    expect(answers).toEqual(['ok', 'ok', 'ok']);
    expect(told).toEqual(['it is not well']);
  });
});

describe('a caller that does not keep to it', () => {
  test.each([
    ['frobnicate', "There is no command 'frobnicate'."],
    ['toString', "There is no command 'toString'."],
    ['close', "The command 'close' came while the testbed was closed."],
    ['copydown /a /b', "The command 'copydown' came while the testbed was closed."],
    ['open now', "'open' does not take 1 words."],
    ['copydown %zz /b', "'copydown %zz /b' is not URL-encoded"],
  ])('is told so, and the testbed is closed: %s', async (line, message) => {
    const { error, calls } = await talk(line, 'quit');
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
    expect(calls).toEqual(['close']);
  });

  test('opens what is open', async () => {
    const { error } = await talk('open', 'open', 'quit');
    expect(error.message).toBe("The command 'open' came while the testbed was open.");
  });

  test('goes without quit: the testbed is closed', async () => {
    const { error, calls } = await talk('open');
    expect(error).toBeInstanceOf(ShakedownError);
    expect(error.message).toContain('the caller has gone');
    expect(calls.at(-1)).toBe('close');
  });
});

test('an interrupt ends the server whatever it waits for, and the testbed is closed', async () => {
  const testbed = new FakeTestbed();
  const caller = conversation(testbed);
  caller.say('open');
  await vi.waitFor(() => expect(caller.answers()).toHaveLength(2));
  caller.end.abort(new Error('interrupted'));
  await expect(caller.served).rejects.toThrow('interrupted');
  expect(testbed.isOpen).toBe(false);
});

test('a caller that goes while the machine is being made ends that too', async () => {
  const testbed = new FakeTestbed();
  const made = Promise.withResolvers<void>();
  testbed.opening = made.promise;
  const caller = conversation(testbed);
  caller.say('open');
  await vi.waitFor(() => expect(testbed.calls).toEqual(['open']));
  caller.hangUp();
  await vi.waitFor(() => expect(caller.end.signal.aborted).toBe(true));
  made.reject(caller.end.signal.reason);
  await expect(caller.served).rejects.toThrow('the caller has gone');
});
