import { expect, test } from 'vitest';
import { secret } from '../../../main/secrets/secret-reference.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';

const value = 'pä$$ "wörd"/+&\'<x>';
const secrets = new Secrets({
  TOKEN: value,
  pem: '-----BEGIN-----\nMIIEvAIBADAN\nBgkqhkiG9w0B\n-----END-----',
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['as it is', value],
  ['JSON', JSON.stringify({ value })],
  ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ value }) })],
  [
    'JSON in ASCII',
    JSON.stringify(value).replaceAll(
      /[^\0-\x7f]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ],
  ['a URL', `https://x/?q=${encodeURIComponent(value)}`],
  ['a form', new URLSearchParams({ value }).toString()],
  ['lower-case escapes', encodeURIComponent(value).replaceAll(/%../g, (mark) => mark.toLowerCase())],
  ['hex', Buffer.from(value).toString('hex')],
  ['base64', base64(value)],
  ['base64 behind 1', base64(`u${value}`)],
  ['base64 behind 2', base64(`me${value}`)],
  ['Basic authentication', base64(`user:${value}`)],
  ['base64 before more', base64(`${value} and more`)],
  ['base64url', Buffer.from(`abcd${value}xyz`).toString('base64url')],
  ['HTML', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
  ['shell', `'${value.replaceAll("'", "'\\''")}'`],
])('%s is masked', (_how, text) => {
  const masked = secrets.mask(`before ${text} after`);
  expect(masked).toMatch(/^before .*\[secret TOKEN\].* after$/s);
  // No eight bytes of it in a row are left in any of the ways.
  for (let at = 0; at + 8 <= text.length; at += 1) {
    const part = text.slice(at, at + 8);
    if (value.includes(part)) expect(masked).not.toContain(part);
  }
});

test('each line of one of several lines is masked by itself, as in a log', () => {
  const log = '10:00 app: -----BEGIN-----\n10:00 app: MIIEvAIBADAN\r\n10:00 app:   BgkqhkiG9w0B\n';
  expect(secrets.mask(log)).toBe(
    '10:00 app: [secret pem]\n10:00 app: [secret pem]\r\n10:00 app:   [secret pem]\n',
  );
});

test('what was cut off is masked, too', () => {
  const plain = new Secrets({ key: 'correct-horse-battery-staple' });
  expect(plain.mask('the key is correct-horse-bat…')).toBe('the key is [secret key]…');
  expect(plain.mask('… 12 bytes left out …\nbattery-staple, it said')).toBe(
    '… 12 bytes left out …\n[secret key], it said',
  );
  expect(plain.mask(`${'x'.repeat(1000)}correct-horse`)).toBe(`${'x'.repeat(1000)}[secret key]`);
});

test('data is masked to its depths, and nothing else changes', () => {
  const data = { lines: ['a', `b ${value}`], [value]: 1, none: null, on: true };
  expect(secrets.maskData(data)).toEqual({
    lines: ['a', 'b [secret TOKEN]'],
    '[secret TOKEN]': 1,
    none: null,
    on: true,
  });
  expect(new Secrets().maskData(data)).toBe(data);
});

test('a command gets those that it names, in its environment', () => {
  const plain = new Secrets({ A: 'aaaaaa', B: 'bbbbbb' });
  expect(plain.environment(`use ${secret.A} and $SHAKEDOWN_SECRET_C`)).toEqual({
    SHAKEDOWN_SECRET_A: 'aaaaaa',
  });
  expect(plain.environment('env', { URL: `x:${secret.B}@y`, Z: '1' })).toEqual({
    URL: 'x:bbbbbb@y',
    Z: '1',
  });
  expect(plain.environment('true')).toBeUndefined();
});
