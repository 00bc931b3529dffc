import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { endVagrant, marks } from '../../../../main/providers/vagrant/end-vagrant.ts';
import { runVagrant, vagrantSshConfig } from '../../../../main/providers/vagrant/run-vagrant.ts';

/** A program of the name of vagrant that does `script`; `said` reads what it wrote to $OUT. */
function vagrantThat(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-'));
  const out = join(folder, 'out');
  writeFileSync(out, '');
  writeFileSync(join(folder, 'vagrant'), `#!/bin/bash\nOUT=${out}\n${script}\n`);
  chmodSync(join(folder, 'vagrant'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const project = {
    cwd: folder,
    vagrantfile: join(folder, 'V'),
    dotfile: join(folder, 'dot'),
    home: join(folder, 'home'),
  };
  return { project, said: () => readFileSync(out, 'utf8') };
}

test('vagrant is told where to work, and its lines come as it prints them', async () => {
  vi.stubEnv('VAGRANT_LOG', 'debug');
  const { project } = vagrantThat(
    'echo "1,web,ui,info,$VAGRANT_CWD $VAGRANT_DOTFILE_PATH $VAGRANT_LOG"; echo "1,,args,$*"; echo nonsense',
  );
  const seen: string[] = [];
  const lines = await runVagrant(['up', 'web'], project, { onLine: ({ type }) => seen.push(type) });
  expect(seen).toEqual(['ui', 'args']);
  expect(lines.map(({ data }) => data)).toEqual([
    ['info', `${project.cwd} ${project.dotfile} `],
    ['up web --machine-readable'],
  ]);
});

test('it stands in a folder of the cluster’s own, with what lies beside the Vagrantfile', async () => {
  const { project, said } = vagrantThat(
    '[ "$1" = destroy ] || { cat greeting > $OUT; echo left > "$PWD/left"; }',
  );
  writeFileSync(join(project.cwd, 'greeting'), 'hello');
  const cluster = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-'));
  onTestFinished(() => rmSync(cluster, { recursive: true, force: true }));
  const before = readdirSync(process.cwd());
  for (const _time of ['first', 'second']) {
    await runVagrant(['up'], { ...project, dotfile: join(cluster, 'dot') });
    expect(said()).toBe('hello');
  }
  expect(existsSync(join(project.cwd, 'left'))).toBe(false);
  expect(readdirSync(process.cwd())).toEqual(before);
  // Taken away by another process, it does not come back.
  rmSync(cluster, { recursive: true });
  await runVagrant(['destroy'], { ...project, dotfile: join(cluster, 'dot') }).catch(() => undefined);
  expect(existsSync(cluster)).toBe(false);
});

test('a failed vagrant is told with the command that failed', async () => {
  const { project } = vagrantThat('echo "1,,error-exit,Vagrant::Errors::VMBootTimeout,no answer"; exit 1');
  await expect(runVagrant(['up'], project)).rejects.toMatchObject({
    details: {
      message: 'vagrant failed (VMBootTimeout)',
      command: 'vagrant up',
      exitCode: 1,
      lastLines: ['no answer'],
    },
  });
  await expect(vagrantSshConfig(['web'], project, {})).rejects.toMatchObject({
    details: { command: 'vagrant ssh-config web' },
  });
});

test('an abort interrupts vagrant, which ends in its own time', async () => {
  const { project, said } = vagrantThat(
    "trap 'echo interrupted > $OUT; exit 1' INT; echo up > $OUT; while :; do sleep 0.05; done",
  );
  const controller = new AbortController();
  const running = expect(runVagrant(['up'], project, { signal: controller.signal })).rejects.toThrow(
    'enough',
  );
  await expect.poll(said).toBe('up\n');
  controller.abort(new Error('enough'));
  await running;
  expect(said()).toBe('interrupted\n');
});

test('a vagrant that still makes machines is ended by whoever destroys them, and no other', async () => {
  const { project, said } = vagrantThat(
    "trap 'echo interrupted > $OUT; exit 1' INT; echo up > $OUT; while :; do sleep 0.05; done",
  );
  const making = expect(runVagrant(['up'], project, { env: marks.making })).rejects.toThrow('vagrant failed');
  await expect.poll(said).toBe('up\n');
  await endVagrant(`${project.dotfile}-of-another`, 'left');
  expect(said()).toBe('up\n');
  await endVagrant(project.dotfile, 'making');
  await making;
  expect(said()).toBe('interrupted\n');
});

test('who destroys a cluster does not end another who destroys it too', async () => {
  const { project, said } = vagrantThat(
    "trap 'exit 1' INT; echo up > $OUT; until [ -e $OUT.go ]; do sleep 0.05; done; echo done > $OUT",
  );
  const destroying = runVagrant(['destroy'], project, { env: marks.destroying });
  await expect.poll(said).toBe('up\n');
  await endVagrant(project.dotfile, 'making');
  await endVagrant(project.dotfile, 'left');
  writeFileSync(join(project.cwd, 'out.go'), '');
  await destroying;
  expect(said()).toBe('done\n');
});

test('what a machine left behind is ended at once', async () => {
  const { project, said } = vagrantThat("trap '' INT; echo up > $OUT; while :; do sleep 0.05; done");
  const running = expect(runVagrant(['up'], project)).rejects.toThrow('vagrant failed');
  await expect.poll(said).toBe('up\n');
  await endVagrant(project.dotfile, 'making');
  await endVagrant(project.dotfile, 'left');
  await running;
});

test('without vagrant that is what is told', async () => {
  const { project } = vagrantThat('exit 0');
  vi.stubEnv('PATH', '/usr/bin/nonexistent');
  await expect(runVagrant(['up'], project)).rejects.toMatchObject({
    details: {
      message: 'vagrant is not installed',
      hint: expect.stringContaining('apt-get install vagrant'),
    },
  });
});
