import { mainConfig, type NewScenario, type ScaffoldFile } from './new-scenario.ts';

/** Web servers, each with a page that says which node it is. */
export const webFiles = (scenario: NewScenario): readonly ScaffoldFile[] => [
  {
    path: 'config/main.config.ts',
    content: mainConfig(scenario, ["http({ name: 'the site is up', url: ':80/', body: 'Hello from node' })"]),
  },
  { path: 'config/node.config.ts', content: nodeConfig },
  { path: 'config/checks/web.check.ts', content: check },
  { path: 'node_files/site.conf', content: siteConf },
  { path: 'node_files/www/index.html.tmpl', content: page },
];

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
