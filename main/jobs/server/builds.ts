import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { closest } from '../../../common/text/closest.ts';
import { shellQuote } from '../../remotes/commands/shell-line.ts';
import { hashOf } from '../accounts/secret-hash.ts';
import type { submission } from '../protocol.ts';
import { lacks } from '../queue/needs.ts';
import type { AttemptKey, Claim } from '../queue/queued-job.ts';
import { type BuildSpec, buildSpec, buildWishes, type ClaimedBuild } from '../recipe-protocol.ts';
import { checkParameters } from '../recipes/check-parameters.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Capabilities } from '../store/tables.ts';
import { Problem, readAs, refusing } from './problem.ts';

type Submission = z.output<typeof submission>;

/** The label by which a worker says that it keeps a build's secrets to itself. */
const masksSecrets = 'secrets';

/**
 * A build as its job is queued: with the task's place in the recipe's package of this moment and its
 * parameters checked. Throws Problem when there is no such recipe or task, or the parameters are wrong.
 */
export async function buildFrom(store: Store, asked: Submission): Promise<Submission & BuildSpec> {
  const { recipe, task: wanted, parameters, timeout } = readAs(buildWishes, asked);
  const found = await store
    .selectFrom('recipes')
    .select(['sha256', 'tasks'])
    .where('name', '=', recipe)
    .executeTakeFirst();
  if (!found) throw new Problem(400, await noRecipe(store, recipe));
  const task = found.tasks.find(({ name }) => name === wanted);
  if (!task) {
    const names = found.tasks.map(({ name }) => name);
    const near = closest(wanted, names);
    const instead = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
    throw new Problem(400, `the recipe '${recipe}' has no task '${wanted}'; ${instead}`);
  }
  const { by, file } = task;
  return {
    ...asked,
    name: asked.name ?? `${recipe} ${wanted}`,
    // Not all workers can do these; those that can say so. Of secrets: that they mask them.
    labels: [
      ...new Set([
        ...asked.labels,
        ...(by === 'executable' ? [] : [by]),
        ...(asked.secrets.length > 0 ? [masksSecrets] : []),
      ]),
    ],
    parameters: await refusing(async () => checkParameters(task, parameters)),
    ...{ recipe, task: wanted, by, file, package: found.sha256 },
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** That there is none of this name, and what was likely meant. */
async function noRecipe(store: Store, wanted: string): Promise<string> {
  const names = (await store.selectFrom('recipes').select('name').execute()).map(({ name }) => name);
  const near = closest(wanted, names);
  return `there is no recipe '${wanted}'${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** The build that a worker would get next, which it does not get by this. */
export async function oldestBuild(
  store: Store,
  capabilities: Capabilities,
): Promise<{ readonly job: string; readonly name: string; readonly spec: BuildSpec } | undefined> {
  const rows = await store
    .selectFrom('jobs')
    .innerJoin('groups', 'groups.id', 'jobs.group_id')
    .select(['jobs.id', 'name', 'spec', 'wants'])
    .where('type', '=', 'build')
    .where('state', '=', 'queued')
    .where('boss_id', 'is not', null)
    .orderBy('priority', 'desc')
    .orderBy('created_at')
    .orderBy('jobs.id')
    .execute();
  const found = rows.find(({ wants }) => lacks(capabilities, wants).length === 0);
  return found && { job: found.id, name: found.name, spec: buildSpec.parse(found.spec) };
}

/**
 * Whether a build is over that had secrets: they are deleted then, so nothing of it can be masked any more.
 */
export async function hasForgottenSecrets(store: Store, job: string): Promise<boolean> {
  const found = await store
    .selectFrom('jobs')
    .innerJoin('groups', 'groups.id', 'jobs.group_id')
    .select('wants')
    .where('jobs.id', '=', job)
    .where('ended_at', 'is not', null)
    .executeTakeFirst();
  return found?.wants.labels.includes(masksSecrets) ?? false;
}

/** Makes a token for an attempt at a build, instead of one that it may have; it is kept as its hash alone. */
async function makeToken(store: Store, { job, number }: AttemptKey): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const hash = hashOf(token);
  await store
    .insertInto('build_tokens')
    .values({ job, number, hash })
    .onConflict((on) => on.columns(['job', 'number']).doUpdateSet({ hash }))
    .execute();
  return token;
}

/** The attempt that a token is for. Throws Problem for an unknown one. */
export async function attemptOf(store: Store, token: string): Promise<AttemptKey> {
  const found = await store
    .selectFrom('build_tokens')
    .select(['job', 'number'])
    .where('hash', '=', hashOf(token))
    .executeTakeFirst();
  if (!found) throw new Problem(401, 'this is the token of no attempt at a build');
  return found;
}

/** What a build is to a worker that has nothing of ours; `origin` is how that reaches the server. */
export async function claimedBuild(
  store: Store,
  { job, number, name, spec }: Claim,
  origin: string,
): Promise<ClaimedBuild> {
  const { recipe, task, by, file, parameters } = buildSpec.parse(spec);
  const url = `${origin}/api/builds/attempts/${await makeToken(store, { job, number })}`;
  return {
    ...{ job, number, name, recipe, task, by, file, parameters },
    build_package_url: `${url}/package`,
    post_back_url: url,
  };
}

/** Lines for a shell: what one needs to know of a build as variables, its parameters and secrets exported. */
export function shellLines({ parameters, secrets = [], ...build }: ClaimedBuild): string {
  const lines = Object.entries(build).map(([name, value]) => `${name}=${shellQuote(String(value))}`);
  const given = Object.entries(parameters).map(
    ([name, value]) => `export PARAM_${name}=${shellQuote(String(value))}`,
  );
  const secret = secrets.flatMap(({ env, value }) =>
    env === undefined ? [] : [`export ${env}=${shellQuote(value)}`],
  );
  return [...lines, ...given, ...secret].map((line) => `${line}\n`).join('');
}
