import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

interface Given {
  readonly repository: string;
  readonly revision: string;
  readonly part: string;
  readonly project: string;
}

/** Fetches the project, sets it up, and runs its tests; what they came to is kept as JUnit's XML. */
export async function test(given: Given, { files }: { readonly files: string }): Promise<void> {
  const { repository, revision, part, project } = given;
  await run('git', ['clone', '--quiet', '--', repository, 'project']);
  process.chdir('project');
  await run('git', ['checkout', '--quiet', revision, '--']);
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund']);
  // The project pins its Node.
  process.env.PATH = `${resolve('node_modules/.bin')}:${process.env.PATH}`;
  const report = ['--reporter=default', '--reporter=junit', `--outputFile.junit=${join(files, 'junit.xml')}`];
  const parts = part.split(' ').filter((each) => each !== '');
  await run('vitest', ['run', '--project', project, ...report, ...parts]);
}

async function run(program: string, words: readonly string[]): Promise<void> {
  console.log(`$ ${program} ${words.join(' ')}`);
  const [code] = await once(spawn(program, words, { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}
