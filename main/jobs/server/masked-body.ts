import { Readable } from 'node:stream';
import { MaskedStream } from '../../secrets/mask-stream.ts';
import { Secrets } from '../../secrets/secrets.ts';
import { hasForgottenSecrets } from './builds.ts';
import { streamOf, unbroken } from './files.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/**
 * What a request brings of a job, without that job's secrets: its worker may be a few lines of shell. Throws
 * Problem when the job is over and its secrets are deleted, so that they could not be found in it.
 */
export async function maskedBody(
  { store, vault }: Pick<Service, 'store' | 'vault'>,
  job: string,
  body: unknown,
): Promise<Readable> {
  const secrets = (await vault.open(job)).map(({ name, value }) => [name, value] as const);
  const came = streamOf(body);
  if (secrets.length === 0) {
    if (await hasForgottenSecrets(store, job))
      throw new Problem(409, `job ${job} is over and its secrets are forgotten: this could not be masked`);
    return came;
  }
  const stream = new MaskedStream(new Secrets(Object.fromEntries(secrets)));
  const passed = async function* () {
    for await (const piece of unbroken(came)) yield stream.write(piece);
    yield stream.end();
  };
  return Readable.from(passed());
}
