import { z } from 'zod';
import type { Routes } from '../../server/service.ts';
import { checkHistories } from '../history/check-history.ts';
import { pastRuns, scenarios } from '../history/past-runs.ts';
import { page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
/** Runs that are shown beside each check. */
const shownRuns = 30;

/** How each scenario went over time. */
export const historyPages: Routes = (app, { store }) => {
  app.get('/history', { config: readers, schema: { hide: true } }, async (request, reply) =>
    page(request, reply, 'history', {
      ...{ title: 'History', section: 'history', scenarios: await scenarios(store) },
    }),
  );

  const cellText = z
    .string()
    .max(10_000)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('JSON is wanted');
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.string()))
    .nullable()
    .default(null);
  const query = z.object({ type: z.string().max(200), name: z.string().max(1000), cell: cellText });
  app.get(
    '/history/of',
    { config: readers, schema: { hide: true, querystring: query } },
    async (request, reply) => {
      const { type, name, cell } = request.query;
      const runs = await pastRuns(store, { type, name, cell });
      const points = runs.map(({ at, seconds, verdict }) => [Date.parse(at) / 1000, seconds, verdict]);
      return page(request, reply, 'scenario', {
        ...{ title: `History of ${name}`, section: 'history', type, name, cell, points },
        ...{ runs: runs.toReversed(), shown: runs.slice(-shownRuns) },
        checks: checkHistories(runs).map(({ states, ...check }) => ({
          ...check,
          states: states.slice(-shownRuns),
        })),
        styles: ['uplot.css'],
        scripts: ['uplot.js', 'plot.mjs'],
      });
    },
  );
};
