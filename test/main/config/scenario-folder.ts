import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadScenario, type ScenarioFlags } from '../../../main/config/load.ts';
import { ConfigError } from '../../../main/config/mistakes/mistake.ts';

/** A scenario in a folder of its own, removed when the test is over. Files by their paths. */
export class ScenarioFolder {
  readonly directory: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.directory = mkdtempSync(join(tmpdir(), 'shakedown-config-'));
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    onTestFinished(() => rmSync(this.directory, { recursive: true }));
  }

  write(path: string, content: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  load(flags: ScenarioFlags = {}) {
    return loadScenario(this.directory, { cwd: this.directory, ...flags }, async () => ({
      provider: 'nspawn',
    }));
  }

  /** The lines of the ConfigError that loading throws, without the heading; empty when it throws none. */
  async mistakes(flags: ScenarioFlags = {}): Promise<string[]> {
    const error = await this.load(flags).catch((thrown: unknown) => thrown);
    if (!(error instanceof ConfigError))
      return error instanceof Error ? [`not a ConfigError: ${error.message}`] : [];
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

/** A scenario of which the parts in braces after `main` and `node` are given: `{ main: 'packages: []' }`. */
export const scenarioOf = ({ main = '', node = '', nodes = 'nspawn({ count: 3 })' } = {}, files = {}) =>
  new ScenarioFolder({
    'config/main.config.ts': `import { command, defineMain, http, machines, nspawn, ssh, tcp } from 'shakedown';
export default defineMain({ nodes: ${nodes}, ${main} } as any);`,
    'config/node.config.ts': `import { defineNode } from 'shakedown';
export default defineNode({ ${node} } as any);`,
    ...files,
  });
