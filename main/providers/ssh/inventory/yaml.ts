import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The YAML library, loaded when there is YAML to read: most configs name no inventory. */
export const yaml = (): typeof import('yaml') => require('yaml') as typeof import('yaml');
