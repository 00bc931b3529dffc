import { z } from 'zod';
import { recipeName, recipeView } from '../../recipe-protocol.ts';
import { streamOf } from '../files.ts';
import { Recipes } from '../recipes.ts';
import type { Routes } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };
const params = z.object({ name: recipeName });

/** Recipes: uploaded, listed with their tasks, removed. */
export const recipeRoutes: Routes = (app, service) => {
  const recipes = new Recipes(service);

  const query = z.strictObject({
    /** Its name, when it is a single file and no tar. */
    file: z.string().min(1).max(100).optional(),
  });
  app.put(
    '/api/recipes/:name',
    { config: submitters, schema: { params, querystring: query, response: { 200: recipeView } } },
    (request) => {
      const { body, params, query, holder } = request;
      return recipes.put(params.name, streamOf(body), query.file, holder?.name ?? '');
    },
  );

  app.get(
    '/api/recipes',
    { config: readers, schema: { response: { 200: z.array(recipeView) } } },
    async () => [...(await recipes.list())],
  );

  app.get(
    '/api/recipes/:name',
    { config: readers, schema: { params, response: { 200: recipeView } } },
    (request) => recipes.find(request.params.name),
  );

  app.delete(
    '/api/recipes/:name',
    { config: submitters, schema: { params, response: { 204: z.null() } } },
    async (request, reply) => {
      await recipes.remove(request.params.name);
      return reply.code(204).send(null);
    },
  );
};
