import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type CancellationToken, createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import type { TaskEnded, TaskParams } from '../../common/protocol/task-protocol.ts';
import { type AgentMethods, type HelloParams, maxMessage, protocolVersion } from '../../common/protocol.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import { openChannel } from '../../common/streams/json-messages.ts';
import type { Streams } from '../../common/streams/streams.ts';
import { agentBundle } from '../../main/agent/bundle.ts';
import { temporaryFolder } from './temporary.ts';

// Bundled, as on a node: it starts in half the time.
const { file } = (await agentBundle(join(tmpdir(), 'shakedown-test-cache'))).loader;

/** The agent as it is, as a process of this machine, with its state in a folder of the test's own. */
export class AgentProcess {
  readonly state: string;
  readonly work: string;
  readonly child: ChildProcess;
  readonly died: ServiceDied[] = [];
  readonly logged: string[] = [];
  readonly streams: Streams;
  readonly #connection: MessageConnection;
  stderr = '';

  /** `args` follow its script; `env` is added to ours. */
  constructor(
    state: string,
    work: string,
    { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    this.state = state;
    this.work = work;
    this.child = spawn(process.execPath, [file, ...args], {
      stdio: 'pipe',
      env: { ...process.env, SHAKEDOWN_AGENT_STATE: state, ...env },
    });
    const { stdin, stdout, stderr } = this.child;
    if (!stdin || !stdout || !stderr) throw new Error('no pipes');
    stdin.on('error', () => {});
    stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    const channel = openChannel(stdout, stdin, { begins: true, maxMessage, onEnd: () => {} });
    this.streams = channel.streams;
    this.#connection = createMessageConnection(channel.reader, channel.writer);
    this.#connection.onError(() => {});
    this.#connection.onNotification('serviceDied', (died: ServiceDied) => void this.died.push(died));
    this.#connection.onNotification(
      'log',
      ({ message }: { message: string }) => void this.logged.push(message),
    );
    this.#connection.listen();
  }

  call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    token?: CancellationToken,
  ): Promise<AgentMethods[M]['result']> {
    return this.#connection.sendRequest(method, params, ...(token ? [token] : []));
  }

  hello(runId = 'test', mainHost = 'me@here', more: Partial<HelloParams> = {}) {
    return this.call('hello', { version: protocolVersion, runId, mainHost, clockMs: Date.now(), ...more });
  }

  /** Runs a command in the work folder, as who the agent is, and gives all that it said. */
  async run(
    command: TaskParams['command'],
    { input, ...more }: Partial<TaskParams> & { readonly input?: string } = {},
  ): Promise<TaskEnded & { readonly stdout: string; readonly stderr: string }> {
    const [stdout, stderr] = [this.streams.read(), this.streams.read()];
    const stdin = input === undefined ? undefined : this.streams.write();
    stdin?.end(input);
    const ids = { stdout: stdout.id, stderr: stderr.id, ...(stdin && { stdin: stdin.id }) };
    const params = { command, cwd: this.work, leftovers: 'keep' as const, ...ids, ...more };
    const said = Promise.all([text(stdout), text(stderr)]);
    said.catch(() => undefined);
    const ended = await this.call('task', params);
    const [out, error] = await said;
    return { ...ended, stdout: out, stderr: error };
  }

  /** Reports by their names; those whose streams nobody reads come no further than their credit. */
  async reports(units: readonly string[] = []): Promise<ReadonlyMap<string, Readable>> {
    const streams = Array.from({ length: 50 }, () => this.streams.read());
    const ids = streams.map(({ id }) => id);
    const { reports } = await this.call('reports', { sinceMs: Date.now(), units, streams: ids });
    return new Map(
      reports.flatMap(({ name, stream }) => {
        const found = streams.find(({ id }) => id === stream);
        return found ? [[name, found] as const] : [];
      }),
    );
  }

  /** Starts a supervised command with sensible limits. */
  start(service: Partial<ServiceSpec> & { name: string; command: string }) {
    const spec = { readyWithin: 60, stopWithin: 5, ...service };
    return this.call('startService', { service: spec, workingDir: this.work });
  }

  /** As when the main host goes away; resolves with the exit code when the agent has ended. */
  async close(): Promise<number | null> {
    const ended =
      this.child.exitCode === null && this.child.signalCode === null
        ? once(this.child, 'exit')
        : [this.child.exitCode];
    this.child.stdin?.end();
    const [code] = await ended;
    this.#connection.dispose();
    return code as number | null;
  }
}

/** An agent that was greeted, ended with the test. */
export async function greetedAgent(folder = temporaryFolder()): Promise<AgentProcess> {
  const work = join(folder, 'work');
  mkdirSync(work, { recursive: true });
  const agent = new AgentProcess(join(folder, 'state'), work);
  onTestFinished(async () => {
    await agent.close();
  });
  await agent.hello();
  return agent;
}

/** Whether a process runs; one that ended and that nobody asked about (a zombie) does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
