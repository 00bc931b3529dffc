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
 * The secrets of jobs that are not over: in the database, encrypted by a key that lies in the servers' data
 * folder and nowhere in the database. They are gone as soon as their job is over.
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
    const nonce = randomBytes(nonceSize);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(job));
    const text = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()]);
    const sealed = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
    const row = this.#store.insertInto('job_secrets').values({ job, sealed });
    await row.onConflict((on) => on.doNothing()).execute();
  }

  /** None for a job that has none, or has ended. Throws ShakedownError when the key is another one. */
  async open(job: string): Promise<readonly JobSecret[]> {
    const row = this.#store.selectFrom('job_secrets').select('sealed').where('job', '=', job);
    const found = await row.executeTakeFirst();
    if (!found) return [];
    const bytes = Buffer.from(found.sealed, 'base64');
    const [nonce, tag] = [bytes.subarray(0, nonceSize), bytes.subarray(nonceSize, nonceSize + tagSize)];
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagSize });
      decipher.setAAD(Buffer.from(job)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(nonceSize + tagSize)), decipher.final()]);
      return JSON.parse(text.toString()) as JobSecret[];
    } catch {
      const message = `the secrets of job ${job} were encrypted by another key than that in ${this.#file}`;
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
