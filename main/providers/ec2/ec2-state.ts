import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { ProcessIdentity } from '../../../common/processes/process-identity.ts';
import { isClusterId } from '../cluster-id.ts';
import { stateHome } from '../host/state-home.ts';
import { type Cloud, sameCloud } from './api/cloud.ts';

/** What is known on this main host of a cluster, written before anything is made. */
export interface Ec2State {
  readonly id: string;
  readonly owner: ProcessIdentity;
  readonly cloud: Cloud;
  /** `looking`: nothing is made yet. `making`: a request may be under way. `made`: all is there. */
  readonly stage: 'looking' | 'making' | 'made';
}

/** As 0.2 wrote it, and still finds it. */
type Written = Omit<Ec2State, 'cloud'> & { readonly place: Cloud };

/**
 * Where this user's states lie: for root beside those of the other kinds, else `shakedown/ec2` below
 * XDG_STATE_HOME (XDG Base Directory specification), for instances take no root.
 */
export function ec2Home(env: NodeJS.ProcessEnv = process.env): string {
  if (process.getuid?.() === 0) return join(stateHome, 'ec2');
  return join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'shakedown/ec2');
}

/** The states of this main host's clusters, and the clouds where some may be though their states are lost. */
export class Ec2States {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  /**
   * Writes a cluster's state, and its cloud too, for the case that the state is lost. Throws ShakedownError.
   */
  async write(state: Ec2State): Promise<void> {
    try {
      const { cloud: place, ...rest } = state;
      await writeWhole(join(this.home, state.id), 'state.json', { ...rest, place } satisfies Written);
      if (state.stage === 'looking') return;
      await writeWhole(join(this.home, 'places'), nameOfCloud(state.cloud), state.cloud);
    } catch (cause) {
      throw new ShakedownError({
        message: `cannot keep what is needed to find the instances again: ${(cause as Error).message}`,
        hint: 'make room or give permission there, or set XDG_STATE_HOME to another folder',
      });
    }
  }

  async read(id: string): Promise<Ec2State | undefined> {
    const written = await readJson<Written>(join(this.home, id, 'state.json'));
    if (written === undefined) return undefined;
    const { place: cloud, ...rest } = written;
    return { ...rest, cloud };
  }

  /** The ids of all clusters that have a folder here. */
  async ids(): Promise<readonly string[]> {
    return (await entries(this.home)).filter(isClusterId);
  }

  async clouds(): Promise<readonly Cloud[]> {
    const folder = join(this.home, 'places');
    const read = (await entries(folder)).map((name) => readJson<Cloud>(join(folder, name)));
    return (await Promise.all(read)).filter((cloud) => cloud !== undefined);
  }

  /**
   * Forgets the clouds where no cluster is known to be, but `found`: those where one was found by its tags.
   */
  async forgetCloudsBut(found: readonly Cloud[]): Promise<void> {
    const states = await Promise.all((await this.ids()).map((id) => this.read(id)));
    const wanted = [...found, ...states.flatMap((state) => (state ? [state.cloud] : []))];
    for (const cloud of await this.clouds()) {
      if (wanted.some((other) => sameCloud(other, cloud))) continue;
      await rm(this.fileOf(cloud), { force: true });
    }
  }

  /** Where a cluster is remembered. */
  folderOf(id: string): string {
    return join(this.home, id);
  }

  /** Where a cloud is remembered. */
  fileOf(cloud: Cloud): string {
    return join(this.home, 'places', nameOfCloud(cloud));
  }

  isKept(id: string): boolean {
    return existsSync(join(this.home, id, 'kept'));
  }

  async keep(id: string): Promise<void> {
    await mkdir(join(this.home, id), { recursive: true });
    await writeFile(join(this.home, id, 'kept'), '');
  }

  /** A cluster is gone; its cloud is forgotten with the last one there. */
  async forget(id: string): Promise<void> {
    const state = await this.read(id);
    await rm(join(this.home, id), { recursive: true, force: true });
    if (!state) return;
    const others = await Promise.all((await this.ids()).map((other) => this.read(other)));
    if (others.some((other) => other && sameCloud(other.cloud, state.cloud))) return;
    await rm(this.fileOf(state.cloud), { force: true });
  }
}

/** Appears whole or not at all: whoever writes may be killed. */
async function writeWhole(folder: string, name: string, value: unknown): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = join(folder, `.${name}.${process.pid}`);
  await writeFile(part, JSON.stringify(value), { flush: true });
  await rename(part, join(folder, name));
}

async function readJson<Value>(file: string): Promise<Value | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Value;
  } catch {
    // A folder that was being made, or a file that someone broke: the tags in the cloud tell the same.
    return undefined;
  }
}

const entries = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.'));

function nameOfCloud({ region, endpoint = '', profile = '' }: Cloud): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([region, endpoint, profile]))
    .digest('hex');
  return `${region}-${digest.slice(0, 12)}.json`;
}
