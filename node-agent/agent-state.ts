import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isSystemError } from './failure.ts';
import { writeDurably, writeWhole } from './files/durable-file.ts';

/** Where the agent keeps what must survive it. */
export const defaultStateDirectory = '/var/lib/shakedown/agent';

/**
 * The agent's state on the node. All of it is written before the change that it describes, so that the next
 * agent (or this one's guard) can undo what a killed one left.
 */
export class AgentState {
  readonly directory: string;
  /** Output of supervised commands and set-up steps, one file each. */
  readonly logs: string;
  /** Unlike any other node's, also where several nodes share one kernel and one state path. */
  readonly id: string;

  /** Makes `directory` when it is missing. Never throws: what cannot be written shows when it is needed. */
  constructor(directory: string) {
    this.directory = directory;
    this.logs = join(directory, 'logs');
    this.id = this.#readId();
  }

  /** What was written under `name`, or `missing`; a file that cannot be understood counts as missing. */
  read<T>(name: string, missing: T): T {
    try {
      return JSON.parse(readFileSync(this.path(name), 'utf8')) as T;
    } catch {
      return missing;
    }
  }

  /** On disk when it returns. */
  write(name: string, value: unknown): void {
    writeDurably(this.path(name), JSON.stringify(value));
  }

  /** For what does not outlive the node's boot: whoever comes after a killed agent reads it. */
  note(name: string, value: unknown): void {
    writeWhole(this.path(name), JSON.stringify(value));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** The file for the output of what is called `name`, whatever letters that has. */
  logFile(name: string): string {
    return join(this.logs, `${name.replaceAll(/[^\p{L}\p{N}._@+-]/gu, '_').replace(/^\.+/, '_')}.log`);
  }

  #readId(): string {
    const known = this.read<string>('id.json', '');
    const id = known || randomBytes(8).toString('hex');
    try {
      mkdirSync(this.logs, { recursive: true, mode: 0o700 });
      if (!known) this.write('id.json', id);
    } catch {
      // On a full disk an agent must still be able to bring the evidence home.
    }
    return id;
  }
}

/**
 * The state directory that is in force, root's or the user's own: SHAKEDOWN_AGENT_STATE moves it, for tests.
 * That of a share is its user's, whoever that is.
 */
export function stateDirectory(
  env: NodeJS.ProcessEnv = process.env,
  share?: string,
  uid = process.getuid?.(),
): string {
  const own = join(homedir(), '.local/state/shakedown');
  if (share !== undefined) return join(env.SHAKEDOWN_AGENT_STATE || own, 'shares', share);
  return env.SHAKEDOWN_AGENT_STATE || (uid === 0 ? defaultStateDirectory : join(own, 'agent'));
}

/**
 * In memory, for a node on which nothing else can be written: it goes with a
 * boot, as what was placed there does.
 */
const stateInMemory = '/run/shakedown/agent';

/**
 * Where state can be kept that belongs into `directory`: there, or in memory where that is mounted for
 * reading only. Once something lies in memory it stays the place until the next boot.
 */
export function writableState(directory: string, inMemory = stateInMemory): string {
  if (existsSync(inMemory)) return inMemory;
  let parent = directory;
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    accessSync(parent, constants.W_OK);
  } catch (error) {
    if (isSystemError(error, 'EROFS')) return inMemory;
  }
  return directory;
}
