import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { type AgentMethods, protocolVersion, type ServiceDied } from '../../common/protocol.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import { agentBundle } from '../../main/agent/bundle.ts';
import { temporaryFolder } from './temporary.ts';

// Bundled, as on a node: it starts in half the time.
const { file } = await agentBundle(join(tmpdir(), 'shakedown-test-cache'));

/** The agent as it is, as a process of this machine, with its state in a folder of the test's own. */
export class AgentProcess {
  readonly state: string;
  readonly work: string;
  readonly child: ChildProcess;
  readonly died: ServiceDied[] = [];
  readonly logged: string[] = [];
  readonly #connection: MessageConnection;
  stderr = '';

  constructor(state: string, work: string) {
    this.state = state;
    this.work = work;
    this.child = spawn(process.execPath, [file], {
      stdio: 'pipe',
      env: { ...process.env, SHAKEDOWN_AGENT_STATE: state },
    });
    const { stdin, stdout, stderr } = this.child;
    if (!stdin || !stdout || !stderr) throw new Error('no pipes');
    stdin.on('error', () => {});
    stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.#connection = createMessageConnection(
      new StreamMessageReader(stdout),
      new StreamMessageWriter(stdin),
    );
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
  ): Promise<AgentMethods[M]['result']> {
    return this.#connection.sendRequest(method, params);
  }

  hello(runId = 'test', mainHost = 'me@here') {
    return this.call('hello', { version: protocolVersion, runId, mainHost, clockMs: Date.now() });
  }

  /** Starts a supervised command with sensible limits. */
  start(service: Partial<ServiceSpec> & { name: string; command: string }) {
    const spec = { readyWithin: 10, stopWithin: 5, ...service };
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
