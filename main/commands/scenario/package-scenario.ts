import { mainConfig, type NewScenario, type ScaffoldFile } from './new-scenario.ts';

/** Any package: it is installed, and what shall run is for the person to say. */
export const packageFiles = (scenario: NewScenario): readonly ScaffoldFile[] => [
  { path: 'config/main.config.ts', content: mainConfig(scenario, []) },
  { path: 'config/node.config.ts', content: packageNodeConfig(scenario.package) },
  { path: 'config/checks/package.check.ts', content: packageCheck(scenario.package) },
  { path: 'node_files/hello.txt.tmpl', content: '<{ main_config.greeting }> from node <{ node_id }>\n' },
];

const packageNodeConfig = (name: string): string => `import { defineNode } from 'shakedown';

export default defineNode({
  packages: [${JSON.stringify(name)}],
  // node_files/ is sent to the working directory; what belongs elsewhere is placed there:
  // place: [{ from: 'hello.txt', to: '/etc/hello.txt' }],
  // What shall run, and how one knows that it does:
  // services: [{ name: 'it', unit: 'it', ready: { tcp: 80 } }],
});
`;

const packageCheck = (name: string): string => `import { expect, test } from 'shakedown/check';

test('the package is installed on every node', async ({ cluster }) => {
  for (const node of cluster.nodes) {
    const status = await node.sh("dpkg-query -W -f '\${db:Status-Abbrev}' -- ${name}");
    expect(status, node.name).toMatch(/^ii/);
  }
});
`;
