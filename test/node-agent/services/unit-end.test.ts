import { expect, test } from 'vitest';
import { loggedEnd } from '../../../node-agent/services/unit-end.ts';

test('an entry of the journal tells how a process ended that systemd has replaced since', () => {
  expect(loggedEnd('{"EXIT_CODE":"exited","EXIT_STATUS":"4"}')).toEqual({ exitCode: 4, signal: null });
  expect(loggedEnd('{"EXIT_CODE":"killed","EXIT_STATUS":"9"}')).toEqual({
    exitCode: null,
    signal: 'SIGKILL',
  });
  expect(loggedEnd('{"EXIT_CODE":"dumped","EXIT_STATUS":"11"}')).toEqual({
    exitCode: null,
    signal: 'SIGSEGV',
  });
});

test('without such an entry nothing is claimed', () => {
  for (const entry of ['', 'no journal', '{}', '{"EXIT_CODE":"odd","EXIT_STATUS":"4"}'])
    expect(loggedEnd(entry)).toEqual({ exitCode: null, signal: null });
});
