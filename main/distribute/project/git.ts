import { execFile } from 'node:child_process';

/** How a git command ended. */
interface GitResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes of output: a project may have very many files. */
const maxBuffer = 1e9;

/** Runs git in a folder; undefined where there is none. Does not throw. */
export function git(args: readonly string[], cwd: string): Promise<GitResult | undefined> {
  const { promise, resolve } = Promise.withResolvers<GitResult | undefined>();
  execFile('git', args, { cwd, encoding: 'utf8', maxBuffer }, (error, stdout, stderr) => {
    const code = error ? error.code : 0;
    if (typeof code === 'string' && code === 'ENOENT') resolve(undefined);
    else resolve({ exitCode: typeof code === 'number' ? code : 1, stdout, stderr });
  });
  return promise;
}
