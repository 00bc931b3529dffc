import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One file of the scenario that `shakedown init` makes. */
export interface ScaffoldFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

/** A scenario that runs as it is: three nodes with nginx, each with a page that says which node it is. */
export const scaffold = (name: string): readonly ScaffoldFile[] => [
  { path: 'config/main.config.ts', content: mainConfig(name) },
  { path: 'config/node.config.ts', content: nodeConfig },
  { path: 'config/checks/web.check.ts', content: check },
  { path: 'node_files/site.conf', content: siteConf },
  { path: 'node_files/www/index.html.tmpl', content: page },
  { path: 'package.json', content: packageJson(name) },
  { path: 'tsconfig.json', content: tsconfig() },
  { path: '.gitignore', content: '.shakedown/\n/nodes\n/tester.log\nnode_modules/\n' },
];

const mainConfig = (name: string): string => `import { defineMain, http, machines } from 'shakedown';

export default defineMain({
  name: ${JSON.stringify(name)},
  // Whatever works here, or of one kind: nspawn({…}), qemu({…}), ssh(['10.0.0.5', '10.0.0.6'])
  nodes: machines({ count: 3 }),
  checks: [
    http({ name: 'the site is up', url: ':80/', body: 'Hello from node' }),
    'config/checks/*.check.ts',
  ],
  // Anything else is a variable for templates: <{ main_config.greeting }>
  greeting: 'Hello',
});
`;

const nodeConfig = `import { defineNode } from 'shakedown';

export default defineNode({
  packages: ['nginx-light', 'curl'],
  // node_files/ is sent to the working directory; what belongs elsewhere is placed there.
  place: [
    { from: 'site.conf', to: '/etc/nginx/sites-enabled/default' },
    { from: 'www/index.html', to: '/var/www/shakedown/index.html' },
  ],
  services: [{ name: 'nginx', unit: 'nginx', ready: { http: 'http://127.0.0.1/' } }],
  collect: ['/var/log/nginx/*.log'],
});
`;

const check = `import { eventually, expect, test } from 'shakedown/check';

test('every node reaches every other', async ({ cluster }) => {
  for (const node of cluster.nodes) {
    for (const peer of cluster.nodes) {
      const page = await node.sh(\`curl -sS --max-time 5 http://\${peer.address}/\`);
      expect(page, \`what \${node.name} gets from \${peer.name}\`).toContain(\`node \${peer.id}\`);
    }
  }
});

test('a killed server comes back', async ({ cluster }) => {
  const nginx = cluster.node(0).service('nginx');
  await nginx.kill();
  await nginx.start();
  await eventually(async () => expect((await nginx.status()).state).toBe('ready'), { within: 10 });
});
`;

const siteConf = `server {
  listen 80 default_server;
  root /var/www/shakedown;
}
`;

const page = `<h1><{ main_config.greeting }> from node <{ node_id }></h1>
<ul>
  <{% for (const { name, address } of nodes) { %}>
  <li><a href="http://<{ address }>/"><{ name }></a></li>
  <{% } %}>
</ul>
`;

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
