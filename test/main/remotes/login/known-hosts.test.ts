import { createHmac } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostKeyCheck } from '../../../../main/remotes/login/host-keys.ts';
import {
  addKnownHost,
  hostName,
  judgeHostKey,
  knownKeyTypes,
} from '../../../../main/remotes/login/known-hosts.ts';
import { newKey } from '../../../fakes/ssh-server.ts';
import { folder } from '../fake-node.ts';

const make = () => newKey().public.split(' ').slice(0, 2).join(' ');
const [key, other] = [make(), make()];
const base64 = (line: string) => line.split(' ')[1] ?? '';

function judge(lines: readonly string[], name: string, offered = key) {
  const file = join(folder(), 'known_hosts');
  writeFileSync(file, lines.join('\n'));
  return judgeHostKey([file, '/no/such/file'], name, base64(offered));
}

const hashed = (name: string) => {
  const salt = Buffer.from('some salt of 20 byte');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

test.each([
  ['a plain name', `db1 ${key}`, 'db1', 'known'],
  ['one of several names', `db0,db1,10.0.0.5 ${key}`, 'db1', 'known'],
  ['a pattern', `*.example ${key}`, 'db1.example', 'known'],
  ['a pattern with an exception', `*.example,!db1.example ${key}`, 'db1.example', 'unknown'],
  ['a port of its own', `[db1]:2222 ${key}`, '[db1]:2222', 'known'],
  ['the same name on another port', `db1 ${key}`, '[db1]:2222', 'unknown'],
  ['a hashed name', `${hashed('db1')} ${key}`, 'db1', 'known'],
  ['a name in capitals, hashed in small letters', `${hashed('db1')} ${key}`, 'DB1', 'known'],
  ['a pattern with a port', `[*.example]:2222 ${key}`, '[db1.example]:2222', 'known'],
  ['a line of an authority', `@cert-authority * ${key}`, 'db1', 'unknown'],
  ['a line that is cut off', 'db1 ssh-ed25519', 'db1', 'unknown'],
  ['another hashed name', `${hashed('db2')} ${key}`, 'db1', 'unknown'],
  ['another key of that type', `db1 ${other}`, 'db1', 'changed'],
  ['two keys, one of them right', `db1 ${other}\ndb1 ${key}`, 'db1', 'known'],
  ['a revoked key', `@revoked * ${key}`, 'db1', 'revoked'],
  ['a key of another type', 'db1 ssh-rsa AAAAB3NzaC1yc2E=', 'db1', 'unknown'],
  ['a comment', `# db1 ${key}`, 'db1', 'unknown'],
] as const)('%s', (_what, line, name, verdict) => expect(judge([line], name)).toBe(verdict));

test('a port other than 22 is part of the name', () => {
  expect([hostName('db1', 22), hostName('db1', 2222)]).toEqual(['db1', '[db1]:2222']);
});

test('the types that are listed are the ones to ask for', () => {
  const file = join(folder(), 'known_hosts');
  writeFileSync(file, `db1 ${key}\ndb1 ssh-rsa AAAA\ndb2 ecdsa-sha2-nistp256 AAAA\n`);
  expect(knownKeyTypes([file], 'db1')).toEqual(['ssh-ed25519', 'ssh-rsa']);
});

test('a new host gets a line of its own, also after one without an end', () => {
  const file = join(folder(), 'new/known_hosts');
  addKnownHost(file, 'db1', base64(key));
  expect(readFileSync(file, 'utf8')).toBe(`db1 ${key}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, `db0 ${other}`);
  addKnownHost(file, '[db1]:2222', base64(key));
  expect(readFileSync(file, 'utf8')).toBe(`db0 ${other}\n[db1]:2222 ${key}\n`);
});

test('a key that is known for the address stands for its other ports, as with ssh', () => {
  const file = join(folder(), 'known_hosts');
  writeFileSync(file, `10.0.0.5 ${key}\n`);
  const target = { host: '10.0.0.5', port: 2222, user: 'root' };
  expect(hostKeyCheck(target, [file]).verify(Buffer.from(base64(key), 'base64'))).toBe(true);
  const check = hostKeyCheck({ ...target, hostKeyAlias: 'db1' }, [file]);
  expect(check.verify(Buffer.from(base64(key), 'base64'))).toBe(false);
  expect(check.refusal()?.message).toContain('the host key of db1 (ssh-ed25519) is not in known_hosts');
});

test.each([
  ['a changed key', `db1,10.0.0.5 ${other}`, /has changed \((\S+) has another\)/, true],
  ['one under a hashed name', `${hashed('db1')} ${other}`, /has changed \((\S+) has another\)/, true],
  ['a revoked key', `@revoked * ${key}`, /is revoked \((\S+)\)/, false],
] as const)('%s is told with the file and the line', (_what, line, words, mended) => {
  const file = join(folder(), 'known_hosts');
  writeFileSync(file, `# a comment\ndb2 ${key}\n\n${line}\n`);
  const check = hostKeyCheck({ host: 'db1', port: 22, user: 'joe' }, [file]);
  expect(check.verify(Buffer.from(base64(key), 'base64'))).toBe(false);
  const refusal = check.refusal();
  expect(words.exec(refusal?.message ?? '')?.[1]).toBe(`${file}:4`);
  if (mended) expect(refusal?.details.hint).toContain(`ssh-keygen -f ${file} -R 'db1'`);
});
