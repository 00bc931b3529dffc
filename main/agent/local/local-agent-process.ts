import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { RemoteProcess } from '../../remotes/remote.ts';
import { agentBundle } from '../bundle.ts';

/**
 * The process of an agent on the main host itself, as who runs us and under our own Node. It may be started
 * before it is known for which share that is: it loads meanwhile, and waits to be told. One that is never
 * told ends when it is disposed of, or with us.
 */
export class LocalAgentProcess implements Disposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: RemoteProcess['ended'];
  #told: boolean;

  private constructor(file: string, share: string | undefined, env: NodeJS.ProcessEnv) {
    const { NODE_OPTIONS, NODE_PATH, ...clean } = env;
    this.#told = share !== undefined;
    this.#child = spawn(process.execPath, [file, '--shared', share ?? '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: clean,
      // Ctrl-C is ours: the agent hears of it from us.
      detached: true,
    });
    this.#child.stdin.on('error', () => undefined);
    this.#ended = once(this.#child, 'exit').then(
      ([exitCode, signal]) => ({ exitCode: exitCode as number | null, signal: signal as string | null }),
      () => ({ exitCode: null, signal: null }),
    );
  }

  /** Throws where there is no agent that could be started. */
  static async start(cacheDir: string, env: NodeJS.ProcessEnv, share?: string): Promise<LocalAgentProcess> {
    const { loader } = await agentBundle(cacheDir);
    return new LocalAgentProcess(loader.file, share, env);
  }

  /** The process, which is the caller's from now on, as an agent with this share. */
  as(share: string): RemoteProcess {
    const { stdin, stdout, stderr } = this.#child;
    if (!this.#told) stdin.write(`${share}\n`);
    this.#told = true;
    const kill = () => this.#child.kill('SIGKILL');
    return { stdin, stdout, stderr, ended: this.#ended, kill, resize: () => undefined };
  }

  [Symbol.dispose](): void {
    if (!this.#told) this.#child.stdin.end();
  }
}
