import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { packed } from '../../../main/jobs/packages/package-folder.ts';
import { ShakedownWorker } from '../../../main/jobs/worker/shakedown-worker.ts';
import { canMakeGroups } from '../../node-agent/tasks/can-make-groups.ts';
import { folder } from '../remotes/fake-node.ts';
import { aServer, ask } from './fixtures/a-server.ts';

const server = aServer();
const script = '#!/bin/sh\necho "built $PARAM_part"\n';

/** Uploads a single file as curl would. */
async function put(name: string, text: string, query = '') {
  const { url, token } = server();
  const type = 'application/octet-stream';
  return await ask(`${url}/api/recipes/${name}${query}`, 'PUT', { token, body: text, type });
}
const get = (path: string, method = 'GET') => ask(server().url + path, method, { token: server().token });

/** A recipe with one task, and a build of it that waits alone. */
async function waiting(parameters: Record<string, string> = {}): Promise<{ job: string; label: string }> {
  await put('shell', script, '?file=unit.sh');
  const label = `l${Math.random()}`;
  const job = await server().admin.submit({
    type: 'build',
    recipe: 'shell',
    task: 'unit',
    parameters,
    labels: [label],
  });
  return { job, label };
}
const claim = async (label: string, more = '') =>
  (await get(`/api/builds/oldest_not_executed?label=${label}${more}`, 'POST')).json();

describe('recipes', () => {
  test('are uploaded as one file or as a tar, listed with their tasks, replaced and removed', async () => {
    const { recipes } = server();
    expect((await put('one', script, '?file=unit.sh')).json()).toMatchObject({
      ...{ name: 'one', uploader: 'first', tasks: [{ name: 'unit', by: 'executable', file: 'unit.sh' }] },
    });
    expect((await put('one', 'export function a() {}', '?file=any.ts')).json().tasks).toMatchObject([
      ...[{ name: 'a', by: 'typescript', file: 'recipe.ts' }],
    ]);
    const place = folder();
    writeFileSync(join(place, 'fabfile.py'), '@task\ndef host_type(c):\n  pass\n');
    await execa('tar', ['-C', place, '-czf', join(place, 'x.tgz'), 'fabfile.py']);
    expect(await recipes.put('two', join(place, 'x.tgz'))).toMatchObject({
      tasks: [{ name: 'host-type' }],
    });
    expect((await recipes.list()).map(({ name }) => name)).toEqual(['one', 'two']);
    await recipes.remove('one');
    await recipes.remove('two');
    expect(await recipes.list()).toEqual([]);
    await expect(recipes.remove('one')).rejects.toThrow("no recipe 'one'");
  });

  test.each([
    ['no tar', 'nonsense '.repeat(200), '', 'cannot be unpacked'],
    ['a text', 'just words', '?file=notes.txt', 'does not begin with #!'],
    ['a syntax error', 'export functio a() {}', '?file=recipe.ts', 'recipe.ts:1:8'],
    ['a path', script, '?file=..%2Fx.sh', "called '../x.sh'"],
    ['no task', 'export const a = 1', '?file=recipe.ts', 'There are no tasks in it'],
  ])('with %s are refused, and are not kept', async (_what, text, query, detail) => {
    expect((await put('bad', text, query)).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining(detail),
    });
    expect((await get('/api/recipes/bad')).status).toBe(404);
  });

  test('that lead out of their folder are refused', async () => {
    const place = folder();
    writeFileSync(join(place, 'x'), script, { mode: 0o755 });
    for (const [index, path] of ['../x', '/x'].entries()) {
      const file = join(place, `${index}.tar`);
      await execa('tar', ['-C', place, '-P', '-cf', file, `--transform=s,^x$,${path},`, 'x']);
      await expect(server().recipes.put('out', file)).rejects.toThrow(`'${path}', which leads out`);
    }
  });
});

describe('a build', () => {
  test.each([
    ['an unknown recipe', { recipe: 'nine' }, "no recipe 'nine'"],
    ['a recipe whose name is mistyped', { recipe: 'shel' }, "no recipe 'shel'; did you mean shell?"],
    ['an unknown task', { task: 'unti' }, "the recipe 'shell' has no task 'unti'; did you mean unit?"],
    ['no task', { task: undefined }, 'task: '],
    ['parameters that are none', { parameters: { a: {} } }, 'parameters.a: '],
    ['a name of a parameter for no shell', { parameters: { 'a-b': '1' } }, 'letters, digits and _'],
  ])('of %s is refused', async (_what, more, detail) => {
    await put('shell', script, '?file=unit.sh');
    const asked = { type: 'build', recipe: 'shell', task: 'unit', ...more };
    await expect(server().admin.submit(asked)).rejects.toThrow(detail);
  });

  test('keeps the recipe of the moment at which it was submitted', async () => {
    const { job, label } = await waiting();
    await put('shell', '#!/bin/sh\n# a newer one\n', '?file=unit.sh');
    const { build_package_url: url } = await claim(label);
    const place = folder();
    writeFileSync(join(place, 'p.tgz'), Buffer.from(await (await fetch(url)).arrayBuffer()));
    await execa('tar', ['-C', place, '-xzf', join(place, 'p.tgz')]);
    expect(readFileSync(join(place, 'unit.sh'), 'utf8')).toBe(script);
    expect((await server().admin.job(job)).name).toBe('shell unit');
  });

  test.each([
    ['a fabfile', 'def unit():\n  pass\n', 'fabfile.py', 'fabric'],
    ['a recipe.ts', 'export function unit() {}', 'recipe.ts', 'typescript'],
  ])('of %s goes where that can be done', async (_what, text, file, label) => {
    await put(label, text, `?file=${file}`);
    const job = await server().admin.submit({ type: 'build', recipe: label, task: 'unit' });
    expect((await server().admin.job(job)).waiting).toContain(`label '${label}'`);
    await server().admin.act(job, 'cancel');
  });

  test('is shown without being taken, claimed by one alone, and its result is posted back', async () => {
    const { admin } = server();
    const { job, label } = await waiting({ part: 'a' });
    const path = `/api/builds/oldest_not_executed?label=${label}`;
    const shown = (await get(path)).json();
    expect(shown).toMatchObject({
      job,
      name: 'shell unit',
      recipe: 'shell',
      task: 'unit',
      file: 'unit.sh',
      parameters: { part: 'a' },
    });
    expect(shown).not.toHaveProperty('post_back_url');
    expect((await get(shown.build_package_url.slice(server().url.length))).status).toBe(200);
    expect((await admin.job(job)).state).toBe('queued');

    const claimed = await claim(label, '&worker=box');
    expect(claimed).toMatchObject({ job, number: 1, task: 'unit', parameters: { part: 'a' } });
    expect((await get(path, 'POST')).status).toBe(204);
    expect((await get(path)).status).toBe(204);
    const back = claimed.post_back_url;
    expect((await ask(`${back}/lease`, 'POST')).status).toBe(204);
    expect((await ask(`${back}/files/a/b.txt`, 'PUT', { body: 'kept', type: 'text/plain' })).status).toBe(
      201,
    );
    expect(
      (await ask(`${back}?exit_code=3&seconds=2`, 'POST', { body: 'out\nput', type: 'any/thing' })).status,
    ).toBe(204);
    expect(await admin.job(job)).toMatchObject({
      ...{ state: 'done', verdict: 'fail' },
      attempts: [{ worker: 'box', result: { exitCode: 3, seconds: 2 } }],
    });
    expect((await admin.log(job, 0, 0)).bytes.toString()).toBe('out\nput');
    expect(await admin.artifacts(job)).toMatchObject([{ path: 'files/a/b.txt', size: 4 }]);
  });

  test('takes no second result, no wrong token, and no exit code that is none', async () => {
    const { label } = await waiting();
    const { post_back_url: back } = await claim(label);
    expect((await ask(`${back}x?exit_code=0`, 'POST')).status).toBe(401);
    expect((await ask(`${back}?exit_code=many`, 'POST')).status).toBe(400);
    expect((await ask(`${back}/files/..%2Fx`, 'PUT', { body: 'x' })).status).toBe(400);
    expect((await ask(`${back}?exit_code=0`, 'POST')).status).toBe(204);
    expect((await ask(`${back}?exit_code=1`, 'POST')).json()).toMatchObject({
      status: 409,
      title: 'Too late',
    });
    expect((await ask(`${back}/files/x`, 'PUT', { body: 'x' })).status).toBe(409);
  });

  test('the same claim again gives the same build; its token is a new one', async () => {
    const { label } = await waiting();
    const first = await claim(label, '&request=mine');
    const again = await claim(label, '&request=mine');
    expect([again.job, again.number]).toEqual([first.job, first.number]);
    expect((await ask(`${first.post_back_url}?exit_code=0`, 'POST')).status).toBe(401);
    expect((await ask(`${again.post_back_url}?exit_code=0`, 'POST')).status).toBe(204);
  });

  test('that any worker claims has the same words for it', async () => {
    const { job, label } = await waiting();
    const { url, token } = server();
    const post = async (path: string, body: unknown) =>
      (await ask(url + path, 'POST', { token, body: JSON.stringify(body) })).json();
    const capabilities = { jobtypes: 'build', labels: label };
    const { id } = await post('/api/workers', { protocol: 1, name: 'raw', capabilities });
    const claimed = await post('/api/claims', { worker: id, request: label });
    expect(claimed).toMatchObject({
      job,
      build: { task: 'unit', build_package_url: expect.stringMatching(/^http/) },
    });
  });
});

describe('a worker that is a few lines of shell', () => {
  test('does builds: parameters go to the task, its output and exit code come back', async () => {
    const { admin, url, workerToken } = server();
    const part = `it's "$HOME" \`id\`\nand more`;
    const { job, label } = await waiting({ part });
    const program = join(import.meta.dirname, '../../../examples/workers/build-worker.sh');
    const child = execa('sh', [program, url, workerToken, label], { detached: true, reject: false });
    onTestFinished(async () => {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await child;
    });
    await expect.poll(async () => (await admin.job(job)).state).toBe('done');
    expect((await admin.log(job, 0, 0)).bytes.toString()).toBe(`built ${part}\n`);
    expect(await admin.job(job)).toMatchObject({
      ...{ verdict: 'pass', attempts: [{ number: 1, result: { exitCode: 0, seconds: expect.any(Number) } }] },
    });
    await put('failing', '#!/bin/sh\necho no; exit 7\n', '?file=unit.sh');
    const asked = { type: 'build', recipe: 'failing', task: 'unit', labels: [label] };
    const failing = await admin.submit(asked);
    await expect.poll(async () => (await admin.job(failing)).verdict).toBe('fail');
    expect((await admin.job(failing)).attempts).toMatchObject([{ result: { exitCode: 7 } }]);
  });

  test('gets a build’s secrets when it says that it keeps them; what it leaves has none', async () => {
    const { admin, url, workerToken: token } = server();
    await put('shell', script, '?file=unit.sh');
    const label = `l${Math.random()}`;
    const secrets = [{ name: 'TOKEN', value: "it's very secret", env: 'TOKEN' }];
    const asked = { type: 'build', recipe: 'shell', task: 'unit', labels: [label], secrets };
    const job = await admin.submit(asked);
    const take = async (labels: string) => {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/x-shellscript' };
      return await fetch(`${url}/api/builds/oldest_not_executed?${labels}`, { method: 'POST', headers });
    };
    expect((await take(`label=${label}`)).status).toBe(204);
    expect((await admin.job(job)).waiting).toContain("label 'secrets'");
    const lines = await (await take(`label=${label}&label=secrets`)).text();
    const words = ['printf "%s\\n" "$TOKEN"; printf "%s" "$post_back_url"'];
    const { stdout } = await execa('sh', ['-c', `${lines}\n${words}`]);
    const [told, post = ''] = stdout.split('\n');
    expect(told).toBe("it's very secret");
    const send = (path: string, method: string, body: string) => fetch(post + path, { method, body });
    await send('/files/a.txt', 'PUT', "a it's very secret b");
    expect((await send('?exit_code=0', 'POST', "knows it's very secret\nit's very")).status).toBe(204);
    expect((await admin.log(job, 0, 0)).bytes.toString()).toMatch(/^knows \[secret TOKEN\]\n(?!.*secret$)/);
    const [artifact] = await admin.artifacts(job);
    if (!artifact) throw new Error('it left no file');
    const chunks = await (await admin.artifact(job, artifact)).toArray();
    expect(Buffer.concat(chunks).toString()).toBe('a [secret TOKEN] b');
    expect(JSON.stringify(await admin.job(job))).not.toContain('very secret');
  });

  test('is told that what it leaves of a cancelled build comes too late to be masked', async () => {
    const { admin, url, workerToken: token } = server();
    await put('shell', script, '?file=unit.sh');
    const label = `l${Math.random()}`;
    const secrets = [{ name: 'TOKEN', value: 'very secret', env: 'TOKEN' }];
    const job = await admin.submit({
      ...{ type: 'build', recipe: 'shell', task: 'unit' },
      ...{ labels: [label], secrets },
    });
    const claim = `${url}/api/builds/oldest_not_executed?label=${label}&label=secrets`;
    const claimed = await fetch(claim, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const { post_back_url: post } = (await claimed.json()) as { post_back_url: string };
    const send = (path: string, method: string) => fetch(post + path, { method, body: 'a very secret b' });
    expect((await send('/files/a.txt', 'PUT')).status).toBe(201);
    await admin.act(job, 'cancel');
    const late = async () => (await send('/files/a.txt', 'PUT')).status;
    await expect.poll(late).toBe(409);
    expect(await (await send('/files/a.txt', 'PUT')).text()).toContain('secrets are forgotten');
    expect((await send('?exit_code=0', 'POST')).status).toBe(409);
    const [artifact] = await admin.artifacts(job);
    if (!artifact) throw new Error('what came in time was not kept');
    const chunks = await (await admin.artifact(job, artifact)).toArray();
    expect(Buffer.concat(chunks).toString()).toBe('a [secret TOKEN] b');
    expect((await admin.log(job, 0, 0)).bytes.toString()).not.toContain('very secret');
  });
});

describe('shakedown worker', () => {
  /** Does the builds of a label of its own. */
  function aWorker(): { label: string } {
    const { url, workerToken } = server();
    const label = `w${Math.random()}`;
    const place = join(folder(), 'worker');
    const worker = new ShakedownWorker({ server: url, token: workerToken, name: label, folder: place });
    worker.labels = [label];
    worker.start();
    onTestFinished(() => worker.stop({ endJobs: true }));
    return { label };
  }

  /** Uploads a recipe of these files and builds one task of it; gives what came of it. */
  async function built(files: Record<string, string>, task: string, more: Record<string, unknown> = {}) {
    const { admin, recipes } = server();
    const { label } = aWorker();
    const place = folder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text, { mode: 0o755 });
    const recipe = `r${Math.random()}`;
    await packed(place, (file) => recipes.put(recipe, file));
    const job = await admin.submit({ type: 'build', recipe, task, labels: [label], ...more });
    const over = async () => expect(await admin.job(job)).toMatchObject({ endedAt: expect.any(String) });
    return { job, admin, over: () => vi.waitFor(over, { interval: 50 }) };
  }
  const came = async ({ job, admin, over }: Awaited<ReturnType<typeof built>>) => {
    await over();
    const { verdict, attempts } = await admin.job(job);
    const log = (await admin.log(job, 0, 0)).bytes.toString();
    return { verdict, log, result: attempts.at(-1)?.result, paths: await admin.artifacts(job) };
  };

  test('does an executable in a clean folder: output, exit code, time and files come back', async () => {
    const unit =
      '#!/bin/sh\nls -A; echo "$PARAM_part [$SHAKEDOWN_TOKEN]"; echo kept > "$FILES/a.txt"; exit 3\n';
    process.env.SHAKEDOWN_TOKEN = 'of the worker';
    onTestFinished(() => void delete process.env.SHAKEDOWN_TOKEN);
    const parameters = { part: 'a b' };
    const { verdict, log, result, paths } = await came(
      await built({ unit, data: '' }, 'unit', { parameters }),
    );
    expect([verdict, log]).toEqual(['fail', 'data\nunit\na b []\n']);
    expect(result).toEqual({ exitCode: 3, seconds: expect.any(Number) });
    expect(paths).toMatchObject([{ path: 'files/a.txt', size: 5 }]);
  });

  test('gives a build its secrets as variables and files, and masks all that comes of it', async () => {
    const unit = '#!/bin/sh\necho "$TOKEN"; cat key; cp key "$FILES/copy"\n';
    const secrets = [
      { name: 'TOKEN', value: 'very secret', env: 'TOKEN' },
      { name: 'KEY', value: 'in a file', file: 'key' },
    ];
    const { verdict, log, paths } = await came(await built({ unit }, 'unit', { secrets }));
    expect([verdict, log]).toEqual(['pass', '[secret TOKEN]\n[secret KEY]']);
    expect(paths).toMatchObject([{ path: 'files/copy', size: '[secret KEY]'.length }]);
    const recipe = 'export const it = () => console.log(process.env.TOKEN);';
    expect((await came(await built({ 'recipe.ts': recipe }, 'it', { secrets }))).log).toBe(
      '[secret TOKEN]\n',
    );
  });

  test('does a function of recipe.ts with its parameters; what it throws is told with its place', async () => {
    const recipe = `
      import { openCluster } from 'shakedown';
      import { word } from './word.ts';
      export async function unit({ count }: { count: number }, { files }: { files: string }) {
        console.log(word, typeof count, count + 1, files.length > 0, typeof openCluster);
        setInterval(() => undefined, 1000);
      }
      export function fails() {
        throw new Error('broken here');
      }`;
    const about = { tasks: { unit: { parameters: { count: { type: 'number', default: 1 } } } } };
    const files = {
      'recipe.ts': recipe,
      'word.ts': "export const word = 'hello';",
      'recipe.json': JSON.stringify(about),
    };
    expect(await came(await built(files, 'unit', { parameters: { count: '2' } }))).toMatchObject({
      ...{ verdict: 'pass', log: 'hello number 3 true function\n', result: { exitCode: 0 } },
    });
    const { verdict, log } = await came(await built(files, 'fails'));
    expect([verdict, log]).toEqual([
      'fail',
      expect.stringMatching(/^Error: broken here\n +at fails \(\/.*\/work\/recipe\.ts:9:15\)\n$/),
    ]);
  });

  test('ends all of a build that takes too long, that is cancelled, or that leaves something running', async () => {
    const time = `1234.${randomInt(1e9)}`;
    const unit = `#!/bin/sh\nsleep ${time} & echo begun; [ -n "$PARAM_go" ] || wait\n`;
    const sleeping = async () => (await execa('pgrep', ['-f', `^sleep ${time}`], { reject: false })).stdout;
    const isGone = () => expect.poll(sleeping).toBe('');
    const late = await came(await built({ unit }, 'unit', { timeout: 0.5 }));
    expect(late).toMatchObject({ verdict: 'fail', result: { timedOut: true } });
    await isGone();
    const left = await came(await built({ unit }, 'unit', { parameters: { go: true } }));
    expect(left).toMatchObject({ verdict: 'pass', log: 'begun\n' });
    await isGone();
    const escaping = `#!/bin/sh\nsetsid sleep ${time} & echo begun\n`;
    const escaped = await came(await built({ unit: escaping }, 'unit'));
    expect(escaped).toMatchObject({ verdict: 'pass', log: 'begun\n' });
    if (canMakeGroups) await isGone();
    for (const pid of (await sleeping()).split('\n').filter((line) => line !== '')) process.kill(Number(pid));
    const cancelled = await built({ unit }, 'unit');
    const text = async () => (await cancelled.admin.log(cancelled.job, 0, 0)).bytes.toString();
    await expect.poll(text).toBe('begun\n');
    expect(await sleeping()).not.toBe('');
    await cancelled.admin.act(cancelled.job, 'cancel');
    await isGone();
  });

  test('that is killed with -9 takes its builds along', async () => {
    const { url, workerToken, admin, recipes } = server();
    const [label, time, place] = [`k${Math.random()}`, `1234.${randomInt(1e9)}`, folder()];
    const program = join(import.meta.dirname, '../../../bin/shakedown.mjs');
    const words = ['worker', '--server', url, '--token', workerToken, '--label', label, '--folder', place];
    const worker = execa(process.execPath, [program, ...words], { reject: false });
    writeFileSync(join(place, 'unit.sh'), `#!/bin/sh\nsleep ${time} & wait\n`);
    const recipe = `r${Math.random()}`;
    await recipes.put(recipe, join(place, 'unit.sh'), 'unit.sh');
    const job = await admin.submit({ type: 'build', recipe, task: 'unit', labels: [label], attempts: 1 });
    const sleeping = async () => (await execa('pgrep', ['-f', `^sleep ${time}`], { reject: false })).stdout;
    await expect.poll(sleeping).not.toBe('');
    worker.kill('SIGKILL');
    await worker;
    await expect.poll(sleeping).toBe('');
    await expect.poll(async () => (await admin.job(job)).state).toBe('lost');
    const next = new ShakedownWorker({ server: url, token: workerToken, name: label, folder: place });
    next.start();
    onTestFinished(() => next.stop());
    await expect.poll(() => readdirSync(join(place, 'jobs'))).toEqual([]);
  });

  test('does a task of a fabfile by Fabric', async () => {
    const fabfile = [
      'from fabric import task',
      '@task',
      'def run_tests(c, part, how_often=1, quick=False, slow=True, plain=False, usual=True):',
      '    print(repr((part, how_often, quick, slow)), flush=True)',
      '    c.run("echo in $(ls)")',
      '    c.run("exit 5")',
    ].join('\n');
    const parameters = { part: "a 'b'", how_often: '3', quick: 'true', slow: 'false' };
    const build = await built({ 'fabfile.py': fabfile }, 'run-tests', { parameters });
    expect(await came(build)).toMatchObject({
      ...{ verdict: 'fail', result: { exitCode: 5 } },
      log: expect.stringMatching(/^\("a 'b'", 3, True, False\)\nin .*fabfile\.py/),
    });
  });

  test('goes on when a build’s own process is killed: that is an error, and the next one is done', async () => {
    const unit = '#!/bin/sh\necho begun; kill -9 $PPID; sleep 100\n';
    const { verdict, log, result } = await came(await built({ unit, 'other.sh': unit }, 'unit'));
    expect([verdict, log]).toEqual(['error', 'begun\n']);
    expect(result).toMatchObject({ exitCode: null });
    const fine = '#!/bin/sh\necho fine\n';
    expect(await came(await built({ fine }, 'fine'))).toMatchObject({ verdict: 'pass', log: 'fine\n' });
  });

  test('tells what cannot be started', async () => {
    const { verdict, log } = await came(await built({ unit: '#!/no/such/shell\n' }, 'unit'));
    expect([verdict, log]).toEqual([
      'fail',
      expect.stringContaining('or what its first line names, is not there'),
    ]);
  });
});
