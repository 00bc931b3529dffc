import { expect, test } from 'vitest';
import { TimeLimitError } from '../../common/errors.ts';
import { limited, withTimeLimit } from '../../common/time-limit.ts';

const never = () => new Promise<never>(() => undefined);

test('gives what the action returns', async () => {
  expect(await withTimeLimit({ what: 'it', seconds: 5 }, () => 7)).toBe(7);
});

test('throws what the action throws', async () => {
  const broken = withTimeLimit({ what: 'it', seconds: 5 }, () => Promise.reject(new Error('broken')));
  await expect(broken).rejects.toThrow('broken');
});

test('does not wait for an action that does not heed its signal', async () => {
  const late = withTimeLimit({ what: "'clean' on the node", seconds: 0.01 }, never);
  await expect(late).rejects.toThrow(new TimeLimitError("'clean' on the node", 0.01));
});

test('ends with the outer signal, with its reason', async () => {
  const outer = new AbortController();
  const waiting = withTimeLimit({ what: 'it', signal: outer.signal }, never);
  outer.abort(new Error('Ctrl-C'));
  await expect(waiting).rejects.toThrow('Ctrl-C');
});

test('does not begin when the outer signal is aborted', async () => {
  let called = false;
  const given = withTimeLimit({ what: 'it', signal: AbortSignal.abort(new Error('over')) }, () => {
    called = true;
  });
  await expect(given).rejects.toThrow('over');
  expect(called).toBe(false);
});

test('tells the action by its signal, and why', async () => {
  let seen: AbortSignal | undefined;
  const late = withTimeLimit({ what: 'it', seconds: 0.01, late: () => new Error('mine') }, (signal) => {
    seen = signal;
    return never();
  });
  await expect(late).rejects.toThrow('mine');
  expect(seen?.reason).toEqual(new Error('mine'));
});

test('a limit past what a timer can hold is none', async () => {
  const given = withTimeLimit({ what: 'it', seconds: Number.POSITIVE_INFINITY }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return 'done';
  });
  expect(await given).toBe('done');
});

test('ends with the first of several outer signals, and lets go of all of them', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [first.signal, undefined, second.signal];
  const waiting = withTimeLimit({ what: 'it', signal: both }, never);
  second.abort(new Error('the second'));
  first.abort(new Error('the first'));
  await expect(waiting).rejects.toThrow('the second');
  await expect(withTimeLimit({ what: 'it', signal: both }, () => 7)).rejects.toThrow('the first');
});

test('a limited signal is aborted with the first of its own, or when its time is up', async () => {
  const outer = new AbortController();
  const limit = limited(Number.POSITIVE_INFINITY, new AbortController().signal, outer.signal);
  expect(limited(0.001).aborted).toBe(false);
  const soon = limited(0.001, outer.signal);
  await expect.poll(() => soon.aborted).toBe(true);
  expect([soon.reason.name, outer.signal.aborted, limit.aborted]).toEqual(['TimeoutError', false, false]);
  outer.abort(new Error('over'));
  expect(limit.reason).toEqual(new Error('over'));
});
