import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { latest, mainConfig, nodeConfig, readLatest, scenario, shakedown, start, write } from './harness.ts';

const token = 'tök"en\'s $value/+ 4711';
const key = '-----BEGIN KEY-----\nMIIEvAIBADANBgkqh\nkiG9w0BAQEFAASCBK\n-----END KEY-----';

/** What nobody may find: the values, their lines, and what usual programs make of them. */
const sought = [
  ...[token, ...key.split('\n').slice(1, 3)].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -1),
    Buffer.from(text).toString('hex'),
  ]),
  Buffer.from(`user:${token}`).toString('base64').slice(8, -4),
];

const told = (text: string) => sought.filter((each) => text.includes(each));

/** What a killed run was at may go by itself while we look. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise;
    throw error;
  }
}

function* filesBelow(directory: string): Generator<string> {
  for (const entry of unlessGone(() => readdirSync(directory, { withFileTypes: true }), [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

const tells = (file: string) => told(readFileSync(file, 'latin1') + readFileSync(file, 'utf8')).length > 0;

const withSecret = (directory: string) =>
  [...filesBelow(join(directory, '.shakedown'))].filter((file) => unlessGone(() => tells(file), false));

/** Spells a secret in all ways that a node's own programs have. */
const spell = `printf '%s\\n' "$1"; printf '%s' "$1" | base64 -w0; echo; printf 'user:%s' "$1" | base64 -w0; echo
printf '%s' "$1" | od -An -tx1 -v | tr -d ' \\n'; echo
printf '%s' "$1" | sed -e 's/\\\\/&&/g; s/"/\\\\"/g'; echo
`;

const files = {
  'config/main.config.ts': mainConfig(
    `nodes: nspawn({ count: 1 }), secrets: { TOKEN: 'env:E2E_TOKEN', KEY: 'file:key.pem' }, checks: [
      command({ name: 'on the node', command: 'sh /srv/shakedown/spell.sh "\${SHAKEDOWN_SECRET_TOKEN}"', on: 'all', stdout: '4711' }),
      command({ name: 'on the main host', command: 'printf %s "$SHAKEDOWN_SECRET_TOKEN"', on: 'main', stdout: '4711' }),
      command({ name: 'fails', command: 'sh /srv/shakedown/spell.sh "$SHAKEDOWN_SECRET_TOKEN"; false', on: 'all', within: 0 }),
      'config/checks/*.check.ts' ]`,
  ),
  'config/node.config.ts': nodeConfig(
    "collect: ['/var/lib/blob'], place: [{ from: 'app.conf', to: '/etc/app.conf', mode: 0o600 }], " +
      'services: [{ name: \'app\', command: `sh spell.sh "$OWN"; sh spell.sh "` + secret.KEY + `"; while :; do sleep 1; done`, env: { OWN: secret.TOKEN }, ready: { command: \'test -n "$SHAKEDOWN_SECRET_TOKEN"\' } }], ' +
      'setup: [{ name: \'uses it\', run: \'printf "%s\\n" "$SHAKEDOWN_SECRET_TOKEN" > /run/pattern; sleep 5 & ps axwwe -o args= > /run/ps; ps axww -o args= > /run/args; grep -cFf /run/pattern /run/args > count.txt; ' +
      'printf "a\\\\0%s" "$SHAKEDOWN_SECRET_TOKEN" > /var/lib/blob; sh spell.sh "$SHAKEDOWN_SECRET_KEY"; sh spell.sh "$SHAKEDOWN_SECRET_TOKEN" | tee own.txt\' }]',
  ).replace('defineNode }', 'defineNode, secret }'),
  'node_files/spell.sh': spell,
  'node_files/app.conf.tmpl': 'token = <{ secret.TOKEN }>\n<{ secret.KEY }>\n',
  'node_files/loop.sh': '',
  'config/checks/talk.check.ts': `import { expect, test } from 'shakedown/check';
test('talks', async ({ cluster }) => {
  const { stdout } = await cluster.nodes[0].exec('cat /etc/app.conf; sh /srv/shakedown/spell.sh "$SHAKEDOWN_SECRET_TOKEN"');
  console.log(stdout);
  console.error(JSON.stringify({ stdout }), encodeURIComponent(stdout));
  process.stdout.write(stdout.slice(0, 12));
  process.stdout.write(stdout.slice(12));
  expect(stdout).toContain('4711');
  expect(stdout).toBe('nothing');
});`,
};

function secretScenario(more: Record<string, string> = {}): string {
  const directory = scenario({ ...files, ...more });
  write(directory, 'key.pem', `${key}\n`);
  return directory;
}

test.each(['run', 'run --json'])('%s: no output has a secret', async (words) => {
  const directory = secretScenario();
  const run = await shakedown(directory, words.split(' '), { E2E_TOKEN: token });
  expect(run.exitCode, run.all).toBe(1);
  expect(told(run.all), run.all).toEqual([]);
  expect(run.all).toContain('[secret TOKEN]');
  expect(withSecret(directory)).toEqual([]);
  // They were used all the same, and on no command line.
  expect(readLatest(directory, 'nodes/0/files/count.txt').trim()).toBe('0');
  for (const name of [
    'nodes/0/files/own.txt',
    'nodes/0/files/app.conf',
    'nodes/0/to_deploy/app.conf',
    'nodes/0/logs/app.log',
  ])
    expect(readLatest(directory, name), name).toContain('[secret TOKEN]');
  expect(readLatest(directory, 'nodes/0/logs/app.log')).toContain('[secret KEY]');
  expect(readLatest(directory, 'nodes/0/logs/collected/var/lib/blob')).toMatch(/^a\0\*+$/);
  expect(readLatest(directory, 'checks.log')).toContain('[secret TOKEN]');
  expect(readLatest(directory, 'tester.log')).toContain('masked in nodes/0/files/own.txt: TOKEN');
  // What is placed for its owner alone is so everywhere.
  for (const name of ['files', 'to_deploy'])
    expect(statSync(join(latest(directory), 'nodes/0', name, 'app.conf')).mode & 0o777).toBe(0o600);
});

test('a set-up step that fails with a secret in its last words has it in no report', async () => {
  const directory = secretScenario({
    'config/node.config.ts': nodeConfig(
      'setup: [{ name: \'log in\', run: \'sh spell.sh "$SHAKEDOWN_SECRET_TOKEN"; sh spell.sh "$SHAKEDOWN_SECRET_KEY" >&2; exit 7\' }]',
    ),
  });
  const run = await shakedown(directory, ['run', '--keep', '--set', 'name=quiet'], { E2E_TOKEN: token });
  expect(run.exitCode, run.all).toBe(1);
  expect(told(run.all)).toEqual([]);
  expect(run.all).toContain('(bash, exit 7)');
  const reports = ['run.json', 'junit.xml', 'report.html', 'events.ndjson', 'tester.log'];
  for (const name of reports) expect(readLatest(directory, name), name).toContain('[secret TOKEN]');
  expect(withSecret(directory)).toEqual([]);
  const kept = join(directory, '.shakedown/cluster.json');
  expect(readFileSync(kept, 'utf8')).toContain('name=quiet');
  expect(statSync(kept).mode & 0o777).toBe(0o600);
});

/** What a run was doing when it was killed: a log is home as it was, and a big file is not. */
async function killedWhileCollecting(): Promise<string> {
  const directory = secretScenario({
    'config/main.config.ts': mainConfig("nodes: nspawn({ count: 1 }), secrets: { TOKEN: 'env:E2E_TOKEN' }"),
    'config/node.config.ts': nodeConfig(
      "collect: ['/var/lib/big'], services: [{ name: 'app', command: `echo \"` + secret.TOKEN + `\"; exec sleep 1000` }], " +
        "setup: [{ name: 'big', run: 'head -c 800M /dev/urandom > /var/lib/big' }]",
    ).replace('defineNode }', 'defineNode, secret }'),
    'node_files/app.conf.tmpl': 'token = <{ secret.TOKEN }>\n',
  });
  const running = start(directory, ['run'], { E2E_TOKEN: token });
  const log = join(latest(directory), 'nodes/0/logs/app.log');
  const come = () => existsSync(log) && readFileSync(log, 'utf8').includes(token);
  await expect.poll(come, { interval: 5, timeout: 120_000 }).toBe(true);
  running.kill('SIGKILL');
  await running;
  return directory;
}

test('what a run left that was killed before it masked it, reap masks: with the values of then', async () => {
  const directory = await killedWhileCollecting();
  expect(withSecret(directory)).not.toEqual([]);
  const without = await shakedown(directory, ['reap']);
  expect(without.exitCode, without.all).toBe(3);
  expect(without.all).toContain('may hold in clear text what env:E2E_TOKEN had then');
  const other = await shakedown(directory, ['reap'], { E2E_TOKEN: 'another one' });
  expect(other.exitCode, other.all).toBe(3);
  expect(withSecret(directory)).not.toEqual([]);
  const reaped = await shakedown(directory, ['reap'], { E2E_TOKEN: token });
  expect(reaped.exitCode, reaped.all).toBe(0);
  expect(reaped.all).toMatch(/masked the secrets in what run \S+ left, which was killed: [1-9]/);
  expect(told(reaped.all)).toEqual([]);
  expect(withSecret(directory)).toEqual([]);
  expect(readLatest(directory, 'nodes/0/logs/app.log')).toContain('[secret TOKEN]');
  expect((await shakedown(directory, ['reap'])).all).toMatch(/Nothing (of this folder )?was left behind/);
});

test('render shows no secret, neither on the terminal nor in files', async () => {
  const directory = secretScenario();
  const shown = await shakedown(directory, ['render'], { E2E_TOKEN: token });
  expect(shown.all).toContain('token = [secret TOKEN]');
  expect(told(shown.all)).toEqual([]);
  const written = await shakedown(directory, ['render', '--out', 'out'], { E2E_TOKEN: token });
  expect(written.all).toContain('secrets are masked in out/0/app.conf');
  expect(readFileSync(join(directory, 'out/0/app.conf'), 'utf8')).toContain('token = [secret TOKEN]');
});
