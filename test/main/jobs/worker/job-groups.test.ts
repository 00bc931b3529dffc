import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ControlGroup } from '../../../../common/processes/control-group.ts';
import { WorkersApi } from '../../../../main/jobs/client/workers-api.ts';
import { JobGroups } from '../../../../main/jobs/worker/job-groups.ts';
import { ShakedownWorker } from '../../../../main/jobs/worker/shakedown-worker.ts';
import type { WorkerOptions } from '../../../../main/jobs/worker/worker-options.ts';
import { canMakeGroups } from '../../../node-agent/tasks/can-make-groups.ts';
import { folder } from '../../remotes/fake-node.ts';
import { aServer } from '../fixtures/a-server.ts';

const server = aServer();

/** A worker for the builds of a label of its own, and what it has told. */
function aWorker(more: Partial<WorkerOptions> = {}) {
  const { url, workerToken: token } = server();
  const label = `g${Math.random()}`;
  const heard: string[] = [];
  const tell = (line: string) => void heard.push(line);
  const worker = new ShakedownWorker({ server: url, token, name: label, folder: folder(), tell, ...more });
  worker.labels = [label];
  worker.start();
  onTestFinished(() => worker.stop({ endJobs: true }));
  return { worker, label, heard };
}

/** Submits a build by this program, and gives what one may do with it. */
async function aBuild(label: string, program: string, more: Record<string, unknown> = {}) {
  const { admin, recipes } = server();
  const file = join(folder(), 'unit.sh');
  writeFileSync(file, `#!/bin/sh\n${program}\n`);
  const recipe = `r${Math.random()}`;
  await recipes.put(recipe, file, 'unit.sh');
  const id = await admin.submit({ type: 'build', recipe, task: 'unit', labels: [label], ...more });
  const log = async () => (await admin.log(id, 0, 0)).bytes.toString();
  return {
    id,
    begun: () => vi.waitFor(async () => expect(await log()).toContain('begun\n')),
    over: () =>
      vi.waitFor(async () => {
        const job = await admin.job(id);
        expect(job).toMatchObject({ endedAt: expect.any(String) });
        return job;
      }),
  };
}

/**
 * A program whose three children leave its session, its process group and its environment, are nobody's
 * children, and do not hear SIGTERM; and whether they live.
 */
function escaping(then: string) {
  const time = `1234.${randomInt(1e9)}`;
  const deaf = `trap "" TERM HUP INT; exec sleep ${time}`;
  const program = [
    `setsid sh -c '${deaf}' </dev/null >/dev/null 2>&1 &`,
    `(setsid sh -c '(${deaf}) </dev/null >/dev/null 2>&1 &' &)`,
    `env -i /usr/bin/setsid /bin/sh -c '(${deaf}) &' &`,
    // All of them live before anything else happens.
    `until [ "$(pgrep -fc '^sleep ${time}')" = 3 ]; do sleep 0.1; done`,
    'echo begun',
    then,
  ].join('\n');
  const living = async () => (await execa('pgrep', ['-fc', `^sleep ${time}`], { reject: false })).stdout;
  onTestFinished(async () => {
    await execa('pkill', ['-KILL', '-f', `^sleep ${time}`], { reject: false });
  });
  return { program, living };
}

describe.runIf(canMakeGroups)('a job is ended with all that it has started, wherever that went', () => {
  test('when it is over', async () => {
    const { label } = aWorker();
    const { program, living } = escaping('exit 3');
    const { over } = await aBuild(label, program);
    expect(await over()).toMatchObject({ verdict: 'fail', attempts: [{ result: { exitCode: 3 } }] });
    expect(await living()).toBe('0');
  });

  test('when it is cancelled', async () => {
    const { label } = aWorker();
    const { program, living } = escaping('sleep 1000');
    const { id, begun } = await aBuild(label, program);
    await begun();
    expect(await living()).toBe('3');
    await server().admin.act(id, 'cancel');
    await expect.poll(living).toBe('0');
  });

  test('when it takes too long', async () => {
    const { label } = aWorker();
    const { program, living } = escaping('sleep 1000');
    const { over } = await aBuild(label, program, { timeout: 5 });
    expect(await over()).toMatchObject({ verdict: 'fail', attempts: [{ result: { timedOut: true } }] });
    expect(await living()).toBe('0');
  });

  test('when its worker was killed with -9: by the next one on its folder', async () => {
    const { url, workerToken } = server();
    const [label, place] = [`k${Math.random()}`, folder()];
    const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');
    const words = ['worker', '--server', url, '--token', workerToken, '--label', label, '--folder', place];
    const killed = execa(process.execPath, [program, ...words], { reject: false });
    const { program: escapes, living } = escaping('sleep 1000');
    const { begun } = await aBuild(label, escapes, { attempts: 1 });
    await begun();
    killed.kill('SIGKILL');
    await killed;
    expect(await living()).toBe('3');
    const { heard } = aWorker({ folder: place });
    await expect.poll(living).toBe('0');
    await vi.waitFor(() => expect(heard.join('\n')).toContain('what a worker that was killed had left'));
    expect((await execa('ls', [join(place, 'jobs')])).stdout).toBe('');
  });
});

test('a worker’s beats and leases go on while a job burns all processors, at a higher priority', async () => {
  const { worker, label } = aWorker({ beatSeconds: 1, leaseSeconds: 5 });
  let sent = 0;
  Object.defineProperty(worker.clientInfo, 'beat', { enumerable: true, get: () => ++sent });
  const loops = 4 * availableParallelism();
  const higher = process.getuid?.() === 0 ? 'nice -n -5' : '';
  const burn = `i=0; while [ $i -lt ${loops} ]; do i=$((i + 1)); timeout 8 ${higher} sh -c 'while :; do :; done' & done`;
  const { id, begun, over } = await aBuild(label, `${burn}\necho begun; wait; exit 0`);
  await begun();
  const beats = new Set<unknown>();
  const { admin, url, token } = server();
  const workers = new WorkersApi({ server: url, token });
  for (let state = 'running'; state === 'running'; await new Promise((done) => setTimeout(done, 200))) {
    const mine = (await workers.list()).find(({ name }) => name === label);
    beats.add((mine?.client_info as { beat?: number } | undefined)?.beat);
    ({ state } = await admin.job(id));
  }
  expect(await over()).toMatchObject({ verdict: 'pass', attempts: [{ number: 1 }] });
  expect((await over()).attempts).toHaveLength(1);
  expect(beats.size).toBeGreaterThan(2);
});

describe('where no control group can be made', () => {
  test('that is told once, and jobs are ended by their process group', async () => {
    const { label, heard } = aWorker({ controlGroup: new ControlGroup('/proc/self') });
    const time = `1234.${randomInt(1e9)}`;
    for (const _ of [1, 2]) {
      const { over } = await aBuild(label, `sleep ${time} & echo begun`);
      expect(await over()).toMatchObject({ verdict: 'pass' });
      const living = async () => (await execa('pgrep', ['-f', `^sleep ${time}`], { reject: false })).stdout;
      await expect.poll(living).toBe('');
    }
    expect(heard.filter((line) => line.startsWith('no control groups can be made here'))).toHaveLength(1);
  });
});

describe('a worker that is alone in its group', () => {
  /** A folder with the files that the kernel has in a group. */
  function aGroup(members: string): ControlGroup {
    const directory = folder();
    for (const each of [directory, join(directory, 'shakedown-worker')]) {
      mkdirSync(each, { recursive: true });
      for (const file of ['cgroup.procs', 'cgroup.subtree_control', 'cpu.weight']) {
        writeFileSync(join(each, file), '');
      }
    }
    writeFileSync(join(directory, 'cgroup.procs'), members);
    return new ControlGroup(directory);
  }
  const read = (group: ControlGroup, file: string) => readFileSync(join(group.directory, file), 'utf8');

  test('moves beside its jobs and has more weight than they', () => {
    const own = aGroup(`${process.pid}\n`);
    const made = new JobGroups(expect.fail, own).make('shakedown-job-1');
    expect(made?.directory).toBe(join(own.directory, 'shakedown-job-1'));
    expect(read(own, 'shakedown-worker/cgroup.procs')).toBe('0');
    expect(read(own, 'cgroup.subtree_control')).toBe('+cpu');
    expect(read(own, 'shakedown-worker/cpu.weight')).toBe('1000');
    // Another worker of the same process makes its groups in the same place.
    const part = new ControlGroup(join(own.directory, 'shakedown-worker'));
    expect(new JobGroups(expect.fail, part).make('b')?.directory).toBe(join(own.directory, 'b'));
  });

  test('and one that is not stays where it is', () => {
    const own = aGroup(`1\n${process.pid}\n`);
    expect(new JobGroups(expect.fail, own).make('a')?.directory).toBe(join(own.directory, 'a'));
    expect(read(own, 'cgroup.subtree_control')).toBe('');
  });
});
