import { expect, test } from 'vitest';
import { closest } from '../../../common/text/closest.ts';

test.each([
  ['packges', 'packages'],
  ['SSHKEY', 'sshKey'],
  ['nodse', 'nodes'],
  ['nodes', 'nodes'],
  ['pakcagse', 'packages'],
])('%s was meant to be %s', (word, meant) => {
  expect(closest(word, ['name', 'nodes', 'packages', 'sshKey'])).toBe(meant);
});

test.each(['token', 'x', '', 'pkgs', 'port'])('%j is too far from all of them', (word) => {
  expect(closest(word, ['nodes', 'packages', 'sshKey'])).toBeUndefined();
});

test('how far is near can be told', () => {
  expect(closest('roles', ['nodes'])).toBe('nodes');
  expect(closest('roles', ['nodes'], 1)).toBeUndefined();
});
