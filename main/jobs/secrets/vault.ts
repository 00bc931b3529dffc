import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { ShakedownError } from '../../../common/errors.ts';
import type { Store } from '../store/kysely-of.ts';
import type { JobSecret } from './job-secret.ts';

/** AES-256-GCM: bytes of its nonce and of its tag. */
const [nonceSize, tagSize] = [12, 16];

/**
 * The secrets of jobs that are not over and of schedules: in the database, encrypted by a key
 * that lies in the servers' data folder and nowhere in the database. They are gone as soon as
 * their job is over, or with their schedule.
 */
export class Vault {
  readonly #store: Store;
  readonly #file: string;
  readonly #key: Buffer;

  /** Makes the key at the first call for a folder. */
  constructor(store: Store, folder: string) {
    this.#store = store;
    this.#file = join(folder, 'secrets.key');
    this.#key = keyIn(folder, this.#file);
  }

  /** What is there for the job already stays. */
  async put(job: string, secrets: readonly JobSecret[]): Promise<void> {
    if (secrets.length === 0) return;
    const row = this.#store.insertInto('job_secrets').values({ job, sealed: this.#seal(job, secrets) });
    await row.onConflict((on) => on.doNothing()).execute();
  }

  /** None for a job that has none, or has ended. Throws ShakedownError when the key is another one. */
  async open(job: string): Promise<readonly JobSecret[]> {
    const row = this.#store.selectFrom('job_secrets').select('sealed').where('job', '=', job);
    const found = await row.executeTakeFirst();
    return found ? (this.#unseal(job, found.sealed, `job ${job}`) as JobSecret[]) : [];
  }

  /** Those of each job that a schedule begins at a time, in place of those that it had. */
  async putScheduled(schedule: string, jobs: readonly (readonly JobSecret[])[]): Promise<void> {
    await this.#store.deleteFrom('schedule_secrets').where('schedule', '=', schedule).execute();
    if (jobs.every((secrets) => secrets.length === 0)) return;
    const sealed = this.#seal(ofSchedule(schedule), jobs);
    await this.#store.insertInto('schedule_secrets').values({ schedule, sealed }).execute();
  }

  /** None for a schedule that has none. Throws ShakedownError when the key is another one. */
  async openScheduled(schedule: string): Promise<readonly (readonly JobSecret[])[]> {
    const row = this.#store.selectFrom('schedule_secrets').select('sealed').where('schedule', '=', schedule);
    const found = await row.executeTakeFirst();
    if (!found) return [];
    const whose = ofSchedule(schedule);
    return this.#unseal(whose, found.sealed, whose) as JobSecret[][];
  }

  /** What is sealed for one owner is opened for no other. */
  #seal(owner: string, value: unknown): string {
    const nonce = randomBytes(nonceSize);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  #unseal(owner: string, sealed: string, called: string): unknown {
    const bytes = Buffer.from(sealed, 'base64');
    const [nonce, tag] = [bytes.subarray(0, nonceSize), bytes.subarray(nonceSize, nonceSize + tagSize)];
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagSize });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(nonceSize + tagSize)), decipher.final()]);
      return JSON.parse(text.toString());
    } catch {
      const message = `the secrets of ${called} were encrypted by another key than that in ${this.#file}`;
      throw new ShakedownError({ message, hint: 'give all servers of a database one data folder' });
    }
  }

  /** Deletes those of jobs that are over. */
  async forget(): Promise<void> {
    await sql`
      DELETE FROM job_secrets USING jobs
      WHERE jobs.id = job_secrets.job AND jobs.ended_at IS NOT NULL
    `.execute(this.#store);
  }
}

const ofSchedule = (name: string): string => `schedule ${name}`;

/** Written aside and linked: of servers that start at once, one makes it. */
function keyIn(folder: string, file: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(aside, randomBytes(32), { mode: 0o600, flush: true });
  try {
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
  return readFileSync(file);
}
