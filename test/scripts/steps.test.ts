import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endOf, wrapped } from '../../scripts/ensure/steps.mjs';
import { folder } from '../main/remotes/fake-node.ts';

const output = Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`).join('');

test('of a program that failed the last lines are told, and the log that has all of them', () => {
  const there = join(folder(), '.shakedown');
  const lines = endOf(output, 'apt', there).split('\n');
  expect(lines).toHaveLength(9);
  expect(lines[0]).toBe('line 53');
  expect(lines.at(-1)).toBe(`All that apt said is in ${there}/apt.log.`);
  expect(readFileSync(join(there, 'apt.log'), 'utf8')).toBe(output);
});

test('where no log can be written, more of it is told', () =>
  expect(endOf(output, 'npm', '/dev/null/none').split('\n')).toHaveLength(40));

test('a long line is broken between words, as wide as the terminal is', () =>
  expect(wrapped('shakedown: installing systemd-container mmdebstrap nftables\nand so on', 32)).toBe(
    'shakedown: installing\n    systemd-container mmdebstrap\n    nftables\nand so on',
  ));

test.each([
  ['  npm: 3 of 235', 80],
  ['indented: a log of many words', undefined],
  ['averylongwordthatnothingcanbreak', 10],
])('%j stays as it is at a width of %s', (text, columns) => expect(wrapped(text, columns)).toBe(text));
