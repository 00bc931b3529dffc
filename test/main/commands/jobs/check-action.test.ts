import { expect, test } from 'vitest';
import { checkAction } from '../../../../main/commands/jobs/check-action.ts';

const actions = { list: 0, show: 1, set: 2 };

test.each([
  [['list'], 'list'],
  [['show', 'x', undefined], 'show'],
  [['set', 'a', 'b'], 'set'],
])('%j is taken', (args, action) => {
  expect(checkAction('jobs', args, actions)).toBe(action);
});

test.each([
  [['lst'], "jobs lst: there is no such action. Did you mean 'list'?", 'list, show, set'],
  [['burn'], 'jobs burn: there is no such action.', 'list, show, set'],
  [['toString'], 'jobs toString: there is no such action.', 'list, show, set'],
  [['list', 'x'], "jobs list: there is no place for 'x'.", 'shakedown jobs --help'],
  [['show', 'x', 'y', 'z'], "jobs show: there is no place for 'y', 'z'.", 'shakedown jobs --help'],
])('%j is refused', (args, message, hint) => {
  expect(() => checkAction('jobs', args, actions)).toThrow(expect.objectContaining({ message, hint }));
});
