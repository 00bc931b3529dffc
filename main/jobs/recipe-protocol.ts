import { z } from 'zod';
import { jobSecret } from './secrets/job-secret.ts';

/** How recipes, their tasks and the parameters of those are called: fit for a shell, a URL and a page. */
export const recipeName = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,99}$/,
    'a name of letters, digits and . _ -, which begins with no dot or dash',
  );
export const taskName = z
  .string()
  .regex(/^[A-Za-z]\w*(?:-\w+)*$/)
  .max(64);
export const parameterName = z
  .string()
  .regex(/^[A-Za-z]\w{0,63}$/, 'a name of letters, digits and _, which begins with a letter');

const parameterValue = z.union([z.string().max(10_000), z.number(), z.boolean()]);
const parameterValues = z.record(parameterName, parameterValue);

/** What a task takes under one name. Without a default it has to be given. */
export const parameter = z.strictObject({
  type: z.enum(['string', 'number', 'boolean']).default('string'),
  description: z.string().max(1000).optional(),
  default: parameterValue.optional(),
  /** The values that are welcome; any unless told. */
  choices: z.array(parameterValue).min(1).max(100).optional(),
});

const task = z.object({
  name: z.string(),
  /** What does it: an executable, a function of `recipe.ts`, or one of a `fabfile.py`. */
  by: z.enum(['executable', 'typescript', 'fabric']),
  /** Where that lies in the package. */
  file: z.string(),
  description: z.string().optional(),
  /** What it takes, by name; absent where the recipe does not say: then anything. */
  parameters: z.record(z.string(), parameter).optional(),
});

export const recipeView = z.object({
  name: z.string(),
  /** Of its package: `/api/packages/SHA256`. */
  sha256: z.string(),
  tasks: z.array(task),
  uploader: z.string(),
  uploadedAt: z.string(),
});

/** What a job of the type `build` says besides. */
export const buildWishes = z.looseObject({
  recipe: recipeName,
  task: z.string().min(1).max(64),
  parameters: parameterValues.default({}),
  /** Seconds after which the task is ended. */
  timeout: z.number().positive().max(604_800).optional(),
});

/** The spec of a job of the type `build`, as its worker gets it. */
export const buildSpec = z.looseObject({
  recipe: z.string(),
  task: z.string(),
  by: task.shape.by,
  file: z.string(),
  parameters: parameterValues,
  /** The recipe's, at the time at which the build was submitted. */
  package: z.string(),
  timeout: z.number().optional(),
});

/** What a worker without our classes gets of a build. */
export const buildView = z.object({
  job: z.string(),
  name: z.string(),
  recipe: z.string(),
  task: z.string(),
  by: task.shape.by,
  /** What to start, relative to the unpacked package. */
  file: z.string(),
  parameters: parameterValues,
  build_package_url: z.string(),
});
export const claimedBuild = buildView.extend({
  number: z.number(),
  /** Where its result goes, by a token for this one attempt. */
  post_back_url: z.string(),
  /** For a worker that has nothing of ours, and said by the label `secrets` that it keeps them to itself. */
  secrets: z.array(jobSecret).optional(),
});

export type Task = z.output<typeof task>;
export type Parameter = z.output<typeof parameter>;
export type ParameterValues = z.output<typeof parameterValues>;
export type RecipeView = z.output<typeof recipeView>;
export type BuildSpec = z.output<typeof buildSpec>;
export type ClaimedBuild = z.output<typeof claimedBuild>;
