import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ProcessIdentity, processIdentity } from '../../../../common/processes/process-identity.ts';
import { Ec2States, ec2Home } from '../../../../main/providers/ec2/ec2-state.ts';
import { type FoundCluster, merge } from '../../../../main/providers/ec2/list-clusters.ts';
import { clusterTags, mainHost, readTags } from '../../../../main/providers/ec2/tags.ts';

const cloud = { region: 'eu-central-1' };
const owner = processIdentity();
const dead: ProcessIdentity = { ...owner, startTime: '1' };

function states(): Ec2States {
  const home = mkdtempSync(join(tmpdir(), 'shakedown-ec2-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return new Ec2States(home);
}

describe('what is known on this main host', () => {
  test('lies where this user may write', () => {
    const home = ec2Home({ XDG_STATE_HOME: '/home/joe/.state' });
    expect(home).toBe(process.getuid?.() === 0 ? '/var/lib/shakedown/ec2' : '/home/joe/.state/shakedown/ec2');
  });

  test('is read back, and is nobody else’s to read', async () => {
    const all = states();
    const state = { id: 'abc123', owner, cloud, stage: 'made' as const };
    await all.write(state);
    expect(await all.read('abc123')).toEqual(state);
    expect(await all.ids()).toEqual(['abc123']);
    expect(statSync(join(all.home, 'abc123')).mode & 0o077).toBe(0);
  });

  test('has a cloud from the moment that something may be made there, to the end of the last cluster there', async () => {
    const all = states();
    await all.write({ id: 'aaaaaa', owner, cloud, stage: 'looking' });
    expect(await all.clouds()).toEqual([]);
    await all.write({ id: 'aaaaaa', owner, cloud, stage: 'making' });
    await all.write({ id: 'bbbbbb', owner, cloud, stage: 'made' });
    await all.write({ id: 'cccccc', owner, cloud: { region: 'us-east-1' }, stage: 'made' });
    expect(await all.clouds()).toHaveLength(2);
    await all.forget('aaaaaa');
    expect(await all.clouds()).toHaveLength(2);
    await all.forget('bbbbbb');
    expect(await all.clouds()).toEqual([{ region: 'us-east-1' }]);
    await all.forget('cccccc');
    expect([await all.clouds(), readdirSync(all.home)]).toEqual([[], ['places']]);
  });

  test('that is broken is as good as none: the tags in the cloud tell the same', async () => {
    const all = states();
    mkdirSync(join(all.home, 'abc123'));
    writeFileSync(join(all.home, 'abc123/state.json'), '{"id":');
    expect(await all.read('abc123')).toBeUndefined();
    await all.forget('abc123');
    expect(await all.ids()).toEqual([]);
  });

  test('that cannot be written stops everything before it begins', async () => {
    const all = new Ec2States(join(import.meta.filename, 'below-a-file'));
    await expect(all.write({ id: 'abc123', owner, cloud, stage: 'looking' })).rejects.toMatchObject({
      details: { hint: expect.stringContaining('XDG_STATE_HOME') },
    });
  });
});

describe('tags', () => {
  test('say whose a thing is, for how long, and are read back', () => {
    const expires = new Date('2026-11-21T12:00:00Z');
    expect(readTags(clusterTags('abc123', { maker: owner, expires }))).toMatchObject({
      cluster: 'abc123',
      owner: mainHost(),
      maker: owner,
      expires: expires.getTime(),
      kept: false,
    });
  });

  test('of others are not taken for ours', () => {
    expect(readTags([])).toBeUndefined();
    expect(readTags(undefined)).toBeUndefined();
    expect(readTags([{ Key: 'Name', Value: 'shakedown-abc123' }])).toBeUndefined();
    expect(readTags([{ Key: 'shakedown', Value: 'the cruise' }])).toBeUndefined();
  });

  test('are values such as EC2 takes: 256 characters at most, none of them of a secret', () => {
    for (const { Value = '' } of clusterTags('abc123', { maker: owner, expires: new Date() })) {
      expect(Value).toMatch(/^[\p{L}\p{N} _.:/=+\-@]{1,256}$/u);
    }
  });
});

describe('the list', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const found = (cluster: string, more: Partial<FoundCluster> = {}): FoundCluster => ({
    cluster,
    owner: mainHost(),
    maker: dead,
    expires: now + 1000,
    kept: false,
    node: 0,
    hostKey: undefined,
    cloud,
    ...more,
  });

  test('has what this main host made, with its state or without', async () => {
    const all = states();
    await all.write({ id: 'aaaaaa', owner, cloud, stage: 'made' });
    const list = await merge([found('aaaaaa', { maker: owner }), found('bbbbbb')], all, now);
    expect(list).toEqual([
      { id: 'aaaaaa', state: cloud, ownerAlive: true, kept: false },
      { id: 'bbbbbb', state: cloud, ownerAlive: false, kept: false },
    ]);
  });

  test('has clusters whose instances are gone already, for what else there may be of them', async () => {
    const all = states();
    await all.write({ id: 'aaaaaa', owner: dead, cloud, stage: 'making' });
    expect(await merge([], all, now)).toMatchObject([{ id: 'aaaaaa', ownerAlive: false }]);
  });

  test('knows a living maker by the tags alone', async () =>
    expect(await merge([found('aaaaaa', { maker: owner })], states(), now)).toMatchObject([
      { ownerAlive: true },
    ]));

  test('has those of other main hosts when they are past their expiry, and no sooner', async () => {
    const elsewhere = { owner: 'someone@else 12345678', maker: owner };
    expect(await merge([found('aaaaaa', elsewhere)], states(), now)).toEqual([]);
    expect(await merge([found('aaaaaa', { ...elsewhere, expires: now - 1 })], states(), now)).toMatchObject([
      { id: 'aaaaaa', ownerAlive: false },
    ]);
  });

  test('tells what is kept, until it expires', async () => {
    const all = states();
    await all.write({ id: 'aaaaaa', owner: dead, cloud, stage: 'made' });
    await all.keep('aaaaaa');
    expect(await merge([found('aaaaaa')], all, now)).toMatchObject([{ kept: true }]);
    expect(await merge([found('aaaaaa', { expires: now - 1 })], all, now)).toMatchObject([{ kept: false }]);
    expect(await merge([found('bbbbbb', { kept: true })], states(), now)).toMatchObject([{ kept: true }]);
  });
});
