import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scenarioOf } from './scenario-folder.ts';

beforeEach(() => void vi.stubEnv('SHAKEDOWN_TEST_TOKEN', 'correct horse battery'));
afterEach(() => void vi.unstubAllEnvs());

test('secrets come from variables and files, under their own names or others', async () => {
  const files = { 'keys/db_password': 'hunter2-hunter2\n' };
  const list = scenarioOf({ main: "secrets: ['env:SHAKEDOWN_TEST_TOKEN', 'file:keys/db_password']" }, files);
  expect((await list.load()).secrets.values).toEqual({
    SHAKEDOWN_TEST_TOKEN: 'correct horse battery',
    db_password: 'hunter2-hunter2',
  });
  const named = scenarioOf({ main: "secrets: { token: 'env:SHAKEDOWN_TEST_TOKEN' }" });
  expect((await named.load()).secrets.values).toEqual({ token: 'correct horse battery' });
  expect((await scenarioOf().load()).secrets.values).toEqual({});
});

test('what cannot be read or masked is told by its name, and no value with it', async () => {
  vi.stubEnv('SHAKEDOWN_TEST_SHORT', 'abc');
  vi.stubEnv('SHAKEDOWN_TEST_EMPTY', '');
  const folder = scenarioOf(
    {
      main: `secrets: ['env:SHAKEDOWN_TEST_NONE', 'file:keys/none', 'env:SHAKEDOWN_TEST_SHORT',
        'env:SHAKEDOWN_TEST_EMPTY', 'hunter2-hunter2', 'file:keys/db-password']`,
    },
    { 'keys/db-password': 'x'.repeat(20) },
  );
  const label = 'config/main.config.ts:';
  const mistakes = await folder.mistakes();
  expect(mistakes.join()).not.toContain('hunter2');
  expect(mistakes).toEqual([
    `${label} secrets[0]: there is no environment variable SHAKEDOWN_TEST_NONE`,
    `${label} secrets[1]: there is no file ${folder.directory}/keys/none`,
    expect.stringContaining('secrets[2]: SHAKEDOWN_TEST_SHORT has 3 characters, too few to be masked'),
    `${label} secrets[3]: SHAKEDOWN_TEST_EMPTY is empty`,
    expect.stringContaining("secrets[4]: expected 'env:VARIABLE' or 'file:PATH'"),
    expect.stringContaining("secrets[5]: 'db-password' cannot be its name"),
  ]);
});

test('commands may name them; other places and unknown names are mistakes', async () => {
  const folder = scenarioOf({
    main: "secrets: { token: 'env:SHAKEDOWN_TEST_TOKEN' }",
  });
  folder.write(
    'config/node.config.ts',
    `import { defineNode, secret } from 'shakedown';
export default defineNode({
  setup: [{ name: 'log in', run: \`login "\${secret.token}"\`, env: { TOKEN: secret.tokn } }],
  collect: [\`/srv/\${secret.token}\`],
});`,
  );
  const mistakes = await folder.mistakes();
  expect(mistakes.slice(0, 2)).toEqual([
    expect.stringContaining("setup[0].env.TOKEN: there is no secret 'tokn'; did you mean token?"),
    expect.stringContaining('collect[0]: a secret can stand in `run`, `command` and `env`'),
  ]);
});

test('one that stands on the command line is refused', async () => {
  const folder = scenarioOf({ main: "secrets: { token: 'env:SHAKEDOWN_TEST_TOKEN' }" });
  expect(await folder.mistakes({ set: ['password=correct horse battery'] })).toEqual([
    '--set password: it has the value of a secret, which must not stand on a command line',
  ]);
});
