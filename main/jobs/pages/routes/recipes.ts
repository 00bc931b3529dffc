import multipart, { type MultipartFile } from '@fastify/multipart';
import { sql } from 'kysely';
import { z } from 'zod';
import { type ParameterValues, recipeName, type Task } from '../../recipe-protocol.ts';
import { Problem, readAs } from '../../server/problem.ts';
import { Recipes } from '../../server/recipes.ts';
import type { App, Routes, Service } from '../../server/service.ts';
import { submitJobs } from '../../server/submit-job.ts';
import type { Store } from '../../store/kysely-of.ts';
import { begunPage } from '../begun-page.ts';
import { checkCsrf } from '../enter.ts';
import { parameterLines } from '../form-parameters.ts';
import { wishedJobs, wishesIn, wishFields } from '../form-wishes.ts';
import { page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };
const params = z.object({ name: recipeName });
/** How many builds of a recipe are shown with it. */
const shown = 5;

/** Recipes, uploaded and removed, and builds of them, started. */
export const recipePages: Routes = (app, service) => {
  const recipes = new Recipes(service);
  const data = async () => ({
    ...{ title: 'Recipes', section: 'recipes', wishes: wishesIn(), recipes: await recipes.list() },
    builds: await lastBuilds(service.store),
  });

  app.get('/recipes', { config: readers, schema: { hide: true } }, async (request, reply) =>
    page(request, reply, 'recipes', await data()),
  );

  uploadRoute(app, service, recipes);

  app.post(
    '/recipes/:name/remove',
    { config: submitters, schema: { hide: true, params } },
    async (request, reply) => {
      await recipes.remove(request.params.name);
      return reply.redirect('/recipes?done=removed', 303);
    },
  );

  const body = z.looseObject({
    ...wishFields,
    task: z.string().max(100),
    parameters: z.string().max(20_000).default(''),
  });
  app.post(
    '/recipes/:name/builds',
    { config: submitters, schema: { hide: true, params, body } },
    async (request, reply) => {
      const { name: recipe } = request.params;
      const { task: wanted, parameters: lines, ...fields } = request.body;
      const task = (await recipes.find(recipe)).tasks.find(({ name }) => name === wanted);
      if (!task) throw new Problem(404, `the recipe '${recipe}' has no task '${wanted}'`);
      const parameters = task.parameters ? ofFields(task.parameters, fields) : parameterLines(lines);
      const build = { type: 'build', recipe, task: wanted, parameters };
      const wished = await wishedJobs(build, wishesIn(request.body));
      const begun = await submitJobs(service, wished, request.holder?.name ?? '');
      service.signals.changed('queue');
      return reply.redirect(begunPage(begun), 303);
    },
  );
};

function uploadRoute(app: App, { limits }: Service, recipes: Recipes): void {
  // What is cut off there is refused as too much, and not taken for a whole file.
  const tooMuch = limits.package + 1;
  // A form with a file is read as it comes, and its secret comes first.
  app.register(async (inside) => {
    await inside.register(multipart, {
      limits: { files: 1, fields: 5, fieldSize: 1000, fileSize: tooMuch },
    });
    inside.post(
      '/recipes',
      { config: { ...submitters, readsItsForm: true }, schema: { hide: true } },
      async (request, reply) => {
        const file = await request.file();
        checkCsrf(request, fieldOf(file, 'csrf'));
        if (!file?.filename) throw new Problem(400, 'choose a file: a tar, or a single script');
        const said = fieldOf(file, 'name')?.trim();
        const isTar = /\.(tar|tgz|tar\.\w+)$/.test(file.filename);
        const name = said || file.filename.replace(/\.(tar|tgz|tar\.\w+)$/, '').replace(/\.\w+$/, '');
        const known = readAs(recipeName, name);
        await recipes.put(known, file.file, isTar ? undefined : file.filename, request.holder?.name ?? '');
        return reply.redirect(`/recipes?done=added#${encodeURIComponent(known)}`, 303);
      },
    );
  });
}

function fieldOf(file: MultipartFile | undefined, name: string): string | undefined {
  const field = file?.fields[name];
  return field && 'value' in field ? String(field.value) : undefined;
}

/** Of the fields `p.NAME` of a form; what was left empty is not given. */
function ofFields(
  wanted: NonNullable<Task['parameters']>,
  fields: Readonly<Record<string, unknown>>,
): ParameterValues {
  const given = Object.keys(wanted).map((name) => [name, String(fields[`p.${name}`] ?? '')] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** The newest builds of each recipe. */
async function lastBuilds(store: Store) {
  const { rows } = await sql<{
    id: string;
    name: string;
    state: string;
    verdict: string | null;
    recipe: string;
  }>`
    SELECT id, name, state, verdict, recipe FROM (
      SELECT id, name, state, verdict, spec->>'recipe' AS recipe, created_at,
        row_number() OVER (PARTITION BY spec->>'recipe' ORDER BY created_at DESC) AS place
      FROM jobs WHERE type = 'build') AS builds
    WHERE place <= ${shown} ORDER BY created_at DESC
  `.execute(store);
  return Map.groupBy(rows, ({ recipe }) => recipe);
}
