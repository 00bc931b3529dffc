import { expect, test, vi } from 'vitest';
import { awaitNextBoot } from '../../../main/remotes/next-boot.ts';
import { node } from './fake-node.ts';

/** Connections that are made one after another, and how many of them are open. */
async function machine() {
  const { connect } = await node();
  const remotes: Awaited<ReturnType<typeof connect>>[] = [];
  return {
    open: () => remotes.filter(({ lost }) => !lost.aborted).length,
    made: () => remotes.length,
    connect: async () => {
      const remote = await connect();
      remotes.push(remote);
      return remote;
    },
  };
}

test('a connection to the old boot is closed, and the one to the next is given', async () => {
  const { connect, open, made } = await machine();
  const signal = new AbortController().signal;
  const remote = await awaitNextBoot('another boot', connect, { signal, timeout: 30 });
  expect([made(), open(), remote.lost.aborted]).toEqual([1, 1, false]);
});

test('no connection stays open when the waiting is broken off', async () => {
  const { connect, open, made } = await machine();
  const waiting = new AbortController();
  const broken = new Error('the run was interrupted');
  const connectThenAbort = async () => {
    const remote = await connect();
    // It comes while the machine is asked for its boot.
    vi.spyOn(remote, 'exec').mockImplementation(() => {
      waiting.abort(broken);
      return Promise.reject(broken);
    });
    return remote;
  };
  const next = awaitNextBoot('a boot', connectThenAbort, { signal: waiting.signal, timeout: 30 });
  await expect(next).rejects.toThrow('the run was interrupted');
  expect([made(), open()]).toEqual([1, 0]);
});

test('no connection stays open when the machine answered as the waiting was broken off', async () => {
  const { connect, open } = await machine();
  const waiting = new AbortController();
  const connectThenAbort = async () => {
    const remote = await connect();
    const { exec } = remote;
    vi.spyOn(remote, 'exec').mockImplementation(async (...asked) => {
      const answer = await exec.apply(remote, asked);
      waiting.abort(new Error('the run was interrupted'));
      return answer;
    });
    return remote;
  };
  const next = awaitNextBoot('another boot', connectThenAbort, { signal: waiting.signal, timeout: 30 });
  await expect(next).rejects.toThrow('the run was interrupted');
  expect(open()).toBe(0);
});
