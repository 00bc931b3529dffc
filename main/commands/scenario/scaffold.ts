import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type NewScenario, type ScaffoldFile, usualScenario } from './new-scenario.ts';
import { packageFiles } from './package-scenario.ts';
import { webFiles } from './web-scenario.ts';

/** A scenario that runs as it is: web servers that say which node they are, or any other package. */
export const scaffold = (scenario: NewScenario): readonly ScaffoldFile[] => [
  ...(scenario.package === usualScenario.package ? webFiles(scenario) : packageFiles(scenario)),
  { path: 'package.json', content: packageJson(scenario.name) },
  { path: 'tsconfig.json', content: tsconfig() },
  { path: '.gitignore', content: '.shakedown/\n/nodes\n/tester.log\nnode_modules/\n' },
];

/** npm's rules for names are narrower than those for folders. */
const packageName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'scenario';

const packageJson = (name: string): string =>
  json({ name: packageName(name), private: true, type: 'module', scripts: { start: 'shakedown run' } });

/** For editors only; a run looks at none of it. */
const tsconfig =
  (): string => `// For your editor. 'paths' is where this machine's shakedown lies: on another one, change it.
${json({
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    ...nodeTypes(),
    paths: { shakedown: [typesOf('../../index')], 'shakedown/check': [typesOf('../../checks/check-api')] },
  },
  include: ['config'],
})}`;

/** Node's own types, where this program has them: a checkout does. */
function nodeTypes(): object {
  const types = fileURLToPath(new URL('../../../node_modules/@types', import.meta.url));
  return existsSync(`${types}/node`) ? { types: ['node'], typeRoots: [types] } : {};
}

/** A module of this very program: its sources, or the declarations of the built package. */
function typesOf(path: string): string {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.d.ts';
  return fileURLToPath(new URL(path + suffix, import.meta.url));
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
