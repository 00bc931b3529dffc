import { expect, test } from 'vitest';
import { scenarioOf } from '../scenario-folder.ts';

const file = 'config/node.config.ts: ';

test.each([
  [
    'a circle of the nodes',
    "services: [{ name: 'a', unit: 'a', after: { service: 'b' } }, { name: 'b', unit: 'b' }]",
    [
      "services[0].after: a circle: 'a' of node0 waits for 'b' of node0, which is started after 'a' of node0 (node 0)",
    ],
  ],
  [
    'a service that no node has',
    "services: [{ name: 'a', unit: 'a', after: [{ service: 'bb' }] }]",
    ["services[0].after: no node has a service 'bb'; services are: a"],
  ],
  [
    'a role that no node has',
    "services: [{ name: 'a', unit: 'a', after: ['first', { role: 'db' }] }]",
    ["services[0].after[1].role: no node has the role 'db'; no node has a role"],
  ],
  [
    'a node that is not there',
    "services: [{ name: 'a', unit: 'a', after: { service: 'a', on: { node: 7 } } }]",
    ['services[0].after.on.node: there is no node 7; there are 0 to 2'],
  ],
  [
    'what is no order',
    "services: [{ name: 'a', unit: 'a', after: 'last' }]",
    ['services[0].after: found the string "last", expected \'first\', { role } or { service, on }'],
  ],
  [
    'a step that does nothing, or two things',
    "setup: [{ name: 'a' }, { name: 'b', run: 'true', waitFor: { tcp: 1 } }]",
    [
      'setup[0]: found {"name":"a"}, expected exactly one of run and waitFor',
      'setup[1]: found {"name":"b","run":"true","waitFor":{"tcp":1}}, expected exactly one of run and waitFor',
    ],
  ],
  [
    'what is waited for',
    `setup: [
      { name: 'a', waitFor: { tcp: 1, command: 'true' } },
      { name: 'b', waitFor: { tcp: 1, host: 'x', on: 'first' } },
      { name: 'c', waitFor: { http: 'http://x/', on: 'all' } },
      { name: 'd', waitFor: { tcp: 1, on: { role: 'x' } }, user: 'me' },
      { name: 'e', waitFor: { tcp: 1, on: 'main' } },
    ]`,
    [
      'setup[0].waitFor: found {"tcp":1,"command":"true"}, expected exactly one of tcp, http and command',
      'setup[1].waitFor.host: found the string "x", expected this only without on',
      'setup[2].waitFor.http: found the string "http://x/", expected what follows the address of these nodes (\':8080/health\')',
      'setup[3].user: found the string "me", expected this only together with run',
      "setup[4].waitFor.on: found the string \"main\", expected 'all', 'first', { role } or { node }",
      "setup[3].waitFor.on.role: no node has the role 'x'; no node has a role",
    ],
  ],
])('%s', async (_, node, mistakes) =>
  expect(await scenarioOf({ node }).mistakes()).toEqual(mistakes.map((line) => file + line)),
);
