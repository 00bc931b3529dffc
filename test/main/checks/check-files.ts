import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CheckResult } from '../../../common/results.ts';
import type { CheckListener } from '../../../main/checks/check.ts';
import {
  type CheckHost,
  type CheckHostOptions,
  startCheckHost,
} from '../../../main/checks/vitest/check-host.ts';
import type { ClusterUnderTest } from '../../../main/cluster/cluster-under-test.ts';
import { FakeCluster } from '../../fakes/cluster-under-test.ts';

/** A scenario's folder that exists while the test runs, far from this program's own. */
export class ScenarioFolder implements Disposable {
  /** What is deleted in the end. */
  readonly #whole = mkdtempSync(join(tmpdir(), 'a scenario '));
  readonly directory: string;
  readonly runDirectory: string;

  /** `name`: of the scenario's folder, which may lie deeper. */
  constructor(name = '') {
    this.directory = join(this.#whole, name);
    mkdirSync(this.directory, { recursive: true });
    this.runDirectory = name === '' ? mkdtempSync(join(tmpdir(), 'a run ')) : join(this.directory, '.run');
    mkdirSync(this.runDirectory, { recursive: true });
  }

  /** Writes check files below `config/checks` and gives their absolute paths. */
  write(files: Readonly<Record<string, string>>): string[] {
    return Object.entries(files).map(([name, source]) => {
      const path = join(this.directory, 'config/checks', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, source);
      return path;
    });
  }

  /** All there is in the scenario's folder, relative to it. */
  get entries(): string[] {
    return (readdirSync(this.directory, { recursive: true }) as string[]).toSorted();
  }

  get log(): string {
    return readFileSync(join(this.runDirectory, 'checks.log'), 'utf8');
  }

  start(files: readonly string[], options: Partial<CheckHostOptions> = {}): CheckHost {
    const { directory: scenarioDirectory, runDirectory } = this;
    const { signal } = new AbortController();
    const log = () => {};
    return startCheckHost({
      files,
      scenarioDirectory,
      runDirectory,
      testTimeout: 10,
      signal,
      log,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#whole, { recursive: true });
    rmSync(this.runDirectory, { recursive: true, force: true });
  }
}

export class Listener implements CheckListener {
  readonly heard: string[] = [];

  started(name: string): void {
    this.heard.push(`started ${name}`);
  }

  ended({ name, verdict }: CheckResult): void {
    this.heard.push(`${verdict} ${name}`);
  }
}

export const unlimited = () => ({ signal: new AbortController().signal, timeout: 600 });

/** Writes check files that begin with the usual import, and runs them against a cluster in memory. */
export async function runCheckFiles(
  sources: Readonly<Record<string, string>>,
  options: Partial<CheckHostOptions> = {},
  cluster: ClusterUnderTest = new FakeCluster(),
): Promise<readonly CheckResult[]> {
  using folder = new ScenarioFolder();
  const files = folder.write(
    Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, withImports(source)])),
  );
  await using host = folder.start(files, options);
  return await host.run(cluster, new Listener(), unlimited());
}

/** One line, so that line 2 of the file is the first of `source`. */
export function withImports(source: string): string {
  const names = 'afterAll, afterEach, beforeAll, beforeEach, describe, eventually, expect, test';
  return `import { ${names} } from 'shakedown/check';\n${source}\n`;
}

/** `verdict name` of each, for a look at all at once. */
export const outcomes = (results: readonly CheckResult[]): string[] =>
  results.map(({ verdict, name }) => `${verdict} ${name}`);

export function named(results: readonly CheckResult[], name: string): CheckResult {
  const found = results.find((result) => result.name === name);
  if (found === undefined) throw new Error(`no '${name}' among ${outcomes(results).join(', ')}`);
  return found;
}
