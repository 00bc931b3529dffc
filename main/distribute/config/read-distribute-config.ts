import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { loadModule, locate, messageOf } from '../../config/load-module.ts';
import { describeIssues } from '../../config/mistakes/issues.ts';
import type { DistributeConfig } from './distribute-config.ts';
import { distributeConfigSchema } from './distribute-schema.ts';

/** What holds for all projects of a main host. */
const hostConfig = '/etc/shakedown/distribute.config.ts';

/** A project's own. */
export const projectConfig = 'distribute.config.ts';

/**
 * The project's config over the host's: what the project says counts, hook by hook, variable by variable and
 * limit by limit; a project that names nodes or machines has no others. Empty where there is no file. Throws
 * UsageError that names every mistake.
 */
export async function readDistributeConfig(directory: string, host = hostConfig): Promise<DistributeConfig> {
  const [defaults, own] = await Promise.all([read(host, host), readProjectConfig(directory)]);
  const { nodes, machines, ...others } = defaults;
  const place = own.nodes || own.machines ? {} : { ...(nodes && { nodes }), ...(machines && { machines }) };
  return {
    ...others,
    ...place,
    ...own,
    ...merged(defaults, own, 'hooks'),
    ...merged(defaults, own, 'env'),
    ...merged(defaults, own, 'limits'),
  };
}

/** The project's config alone. Throws UsageError. */
export const readProjectConfig = (directory: string): Promise<DistributeConfig> =>
  read(join(directory, projectConfig), projectConfig);

const merged = <Name extends 'hooks' | 'env' | 'limits'>(
  defaults: DistributeConfig,
  own: DistributeConfig,
  name: Name,
): Pick<DistributeConfig, Name> | Record<string, never> =>
  defaults[name] || own[name]
    ? ({ [name]: { ...defaults[name], ...own[name] } } as Pick<DistributeConfig, Name>)
    : {};

async function read(file: string, name: string): Promise<DistributeConfig> {
  if (!existsSync(file)) return {};
  let config: unknown;
  try {
    config = await loadModule(file);
  } catch (error) {
    const place = locate(error, dirname(file));
    const line = place?.line === undefined ? '' : `:${place.line}`;
    const where = place ? `${relative(dirname(file), place.file)}${line}` : name;
    throw new UsageError(`${where}: ${messageOf(error)}`, { cause: error });
  }
  const { data, error } = distributeConfigSchema.safeParse(config, { reportInput: true });
  if (data) return data as DistributeConfig;
  const keys = Object.keys(distributeConfigSchema.shape);
  const lines = describeIssues(error.issues, config, 'expectations', keys).map(
    ({ path, message }) => `${name}: ${[path, message].filter(Boolean).join(': ')}`,
  );
  throw new UsageError(lines.join('\n'), { hint: 'docs/distributing.md has all that it may say' });
}
