import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import type { ClusterUnderTest } from '../../../../main/cluster/cluster-under-test.ts';
import type { ClusterNode } from '../../../../main/cluster/face/cluster-face.ts';
import type { Asked } from '../../../../main/cluster/method.ts';
import { run } from '../../../../main/run/run.ts';
import { nodeOf } from '../../../fakes/face-of.ts';
import { fakeScenario, fakeWorld, type Troubles } from '../../../fakes/fake-world.ts';

/**
 * A run whose checks do this with the second of its two nodes; `after` is what was asked for from then on.
 */
async function during(
  checks: (node: ClusterNode, cluster: ClusterUnderTest) => Promise<void>,
  troubles: Troubles = {},
  asked: Asked = {},
) {
  const world = fakeWorld({
    ...troubles,
    duringChecks: async (_world, cluster) => {
      await checks(nodeOf(cluster, 1, asked), cluster);
    },
  });
  const result = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
  const after = world.asked.slice(world.asked.indexOf('check files') + 1).filter((line) => / 1\b/.test(line));
  return { world, result, after };
}

describe('a node that a check reboots', () => {
  test('leaves its evidence before, gets a new connection and an agent that knows its services, and goes on', async () => {
    const restarts = async (node: ClusterNode) => {
      await node.reboot();
      await node.service('app').start();
    };
    const { world, result, after } = await during(restarts, {}, { by: 'a check' });
    // The reports and the files of its end come side by side.
    expect([...after.slice(0, 8), ...after.slice(8, 10).toSorted(), ...after.slice(10)]).toEqual([
      'reports 1',
      'reboot 1',
      'disconnect 1',
      'connect 1',
      'resume 1',
      'startService 1',
      'stopService 1',
      'planCollection 1',
      'download 1: /srv/work',
      'reports 1',
      'disconnect 1',
    ]);
    expect(result).toMatchObject({ verdict: 'pass', failures: [] });
    expect(result.machineActs).toMatchObject([
      { node: 1, act: 'reboot', by: 'a check', verdict: 'pass', durationMs: expect.any(Number) },
    ]);
    expect(world.events.find(({ type }) => type === 'machine-act')).toBeDefined();
    const directory = join(world.directory, '.shakedown/runs/latest/nodes/1/before/1-reboot/logs');
    expect(existsSync(directory)).toBe(true);
  });

  test('has no service that died of it, and one that dies after it', async () => {
    const died = { name: 'app', exitCode: 1, signal: null, agoMs: 0, lastLines: [] };
    const quiet = await during((node) => node.reboot(), { duringReboot: ({ die }) => die(1, died) });
    expect(quiet.result.failures).toEqual([]);
    const world = fakeWorld({
      duringChecks: async ({ die }, cluster) => {
        await nodeOf(cluster, 1).reboot();
        die(1, died);
      },
    });
    const { failures } = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
    expect(failures).toMatchObject([{ message: "service 'app' ended unasked with exit code 1", node: 1 }]);
  });

  test('is not lost', async () => {
    await during(async (node, { nodes: [, under] }) => {
      const lost = under?.lost;
      await node.reboot();
      expect([lost?.aborted, under?.lost.aborted]).toEqual([false, false]);
    });
  });

  test('is rebooted once after the other', async () => {
    const { after } = await during(async (node) => {
      await Promise.all([node.reboot(), node.reboot(), node.service('app').start()]);
    });
    const asked = after.filter((line) => /^(reboot|resume|startService)/.test(line));
    expect(asked).toEqual(['reboot 1', 'resume 1', 'reboot 1', 'resume 1', 'startService 1']);
  });

  test('and whose agent does not come up is told, and asked for nothing else', async () => {
    const { result, after } = await during(
      async (node) => {
        await expect(node.reboot()).rejects.toThrow('no space left');
        await expect(node.service('app').status()).rejects.toThrow('no space left');
      },
      { call: { 'resume 1': new ShakedownError({ message: 'no space left' }) } },
    );
    expect(after).not.toContain('powerOn 1');
    expect(result.machineActs).toMatchObject([{ verdict: 'error', message: 'no space left' }]);
  });
});

describe('a node whose power a check cuts', () => {
  test('answers nothing until it is switched on again', async () => {
    const cut = async (node: ClusterNode) => {
      await node.powerOff();
      await node.powerOff();
      await expect(node.exec('true')).rejects.toMatchObject({
        message: "it is off: the check 'cuts it' switched it off",
        verdict: 'fail',
        details: { node: 1, hint: expect.stringContaining('powerOn()') },
      });
      await expect(node.reboot()).rejects.toThrow('it is off');
      await node.powerOn();
      await node.powerOn();
      expect((await node.exec('true')).exitCode).toBe(0);
    };
    const { result, after } = await during(cut, {}, { by: 'cuts it' });
    const asked = after.filter((line) => /^(power|reboot|resume)/.test(line));
    expect(asked, 'what is so already is not done').toEqual(['powerOff 1', 'powerOn 1', 'resume 1']);
    expect(result.verdict).toBe('pass');
  });

  test('and leaves off is switched on in the end, for its evidence', async () => {
    const { world, result, after } = await during((node) => node.powerOff());
    const asked = after.filter((line) => !line.startsWith('disconnect'));
    expect(asked.slice(0, -2)).toEqual([
      'reports 1',
      'powerOff 1',
      'powerOn 1',
      'connect 1',
      'resume 1',
      'stopService 1',
      'planCollection 1',
    ]);
    // Side by side.
    expect(asked.slice(-2).sort()).toEqual(['download 1: /srv/work', 'reports 1']);
    expect(result.failures).toEqual([]);
    const notes = world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
    expect(notes).toContain('it is not up: it is started for its evidence');
  });

  test('and that cannot be switched on again costs no other node its evidence', async () => {
    const { world, after } = await during(async (node) => {
      await node.powerOff();
      world.break('resume 1', new ShakedownError({ message: 'no space left' }));
    });
    expect(after).toContain('powerOn 1');
    expect(world.asked).toContain('download 0: /srv/work');
  });
});

test('a run that is interrupted while a node restarts brings its evidence home', async () => {
  const { result, after } = await during(async (node) => expect(node.reboot()).rejects.toThrow(), {
    duringReboot: ({ interrupt }) => interrupt(),
  });
  expect(result.exitCode).toBe(130);
  const asked = after.filter((line) => /^(reboot|powerOn|resume|download)/.test(line));
  expect(asked).toEqual(['reboot 1', 'powerOn 1', 'resume 1', 'download 1: /srv/work']);
});

test('what the kind of machine cannot do is told at once; nothing happens to the node', async () => {
  const { result, after } = await during(async (node) => {
    await expect(node.snapshot('before')).rejects.toThrow(
      'machines of kind fake cannot be taken back to a snapshot; those of these kinds can: nspawn',
    );
    expect((await node.exec('true')).exitCode).toBe(0);
  });
  expect(after.slice(0, 2)).toEqual(['exec 1', 'stopService 1']);
  expect(result.machineActs).toBeUndefined();
});
