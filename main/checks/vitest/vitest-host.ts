import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InlineConfig, TestSpecification } from 'vitest/node';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { present } from '../../../common/present.ts';
import { ownModuleFile } from '../../context/own-module.ts';
import { filterPattern, literalPattern } from '../check-filter.ts';
import { socketVariable } from '../fixture/worker-link.ts';
import { type HostOrder, quit, takeOrder } from './check-protocol.ts';
import { VitestReporter } from './vitest-reporter.ts';

/**
 * A program of its own: hosts Vitest for the main process, whose socket is its one argument, and dies with
 * it. It leads a process group, so that it and whatever the check files started can be ended together.
 */
const [, , socketPath = ''] = process.argv;
const vitestLoaded = import('vitest/node');
const socket = connect(socketPath);
await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
connection.listen();
const order = await connection.sendRequest(takeOrder, { pid: process.pid });
socket.once('close', () => {
  rmSync(order.temporaryDirectory, { recursive: true, force: true });
  process.kill(-process.pid, 'SIGKILL');
});

const { createVitest } = await vitestLoaded;
const vitest = await createVitest(vitestOptions(order), viteOptions(order));
connection.onNotification(quit, () => {
  vitest.close().finally(() => socket.destroy());
});
await vitest.standalone();
const project = vitest.getRootProject();
const specification = present({
  testNamePattern: order.filter === undefined ? undefined : filterPattern(order.filter),
});
await vitest.runTestSpecifications(
  order.files.map((file) => project.createSpecification(file, specification)),
);

/** Files run in the order that they were given in. */
function inOrder(files: readonly string[]) {
  const rank = (specification: TestSpecification) => files.indexOf(specification.moduleId);
  return class {
    sort(specifications: TestSpecification[]): TestSpecification[] {
      return specifications.toSorted((a, b) => rank(a) - rank(b));
    }
    shard(specifications: TestSpecification[]): TestSpecification[] {
      return specifications;
    }
  };
}

function vitestOptions({
  files,
  scenarioDirectory,
  temporaryDirectory,
  userTmpdir,
  areLinks,
  ...rest
}: HostOrder): InlineConfig & {
  config: false;
} {
  return {
    config: false,
    root: scenarioDirectory,
    watch: false,
    include: [],
    setupFiles: [ownModuleFile(import.meta.url, '../fixture/vitest-setup')],
    reporters: [
      new VitestReporter(connection, { files, scenarioDirectory, areLinks, temporaryDirectory, ...rest }),
    ],
    pool: 'forks',
    // Files wait for their turn with everything loaded; a few of them do so side by side.
    maxWorkers: Math.min(3, files.length),
    sequence: { sequencer: inOrder(files), hooks: 'stack', setupFiles: 'list' },
    testTimeout: rest.testTimeoutMs,
    hookTimeout: rest.testTimeoutMs,
    env: { [socketVariable]: socketPath, TMPDIR: userTmpdir },
    passWithNoTests: true,
    allowOnly: true,
    cache: false,
    fsModuleCache: false,
    attachmentsDir: join(temporaryDirectory, 'attachments'),
    experimental: { diagnostics: false },
    server: { deps: { external: [new RegExp(`^${literalPattern(join(import.meta.dirname, '../..'))}/`)] } },
  };
}

/** Nothing of the user's folder but the check files is read, and nothing is written there. */
function viteOptions({ temporaryDirectory, areLinks }: HostOrder) {
  return {
    configFile: false,
    tsconfig: emptyTsconfig(temporaryDirectory),
    envDir: false,
    publicDir: false,
    cacheDir: join(temporaryDirectory, 'vite'),
    css: { postcss: {} },
    resolve: {
      preserveSymlinks: areLinks,
      alias: [
        { find: /^shakedown\/check$/, replacement: ownModuleFile(import.meta.url, '../check-api') },
        // The one that runs, wherever the scenario lies and whatever else is installed there.
        { find: /^vitest$/, replacement: fileURLToPath(import.meta.resolve('vitest')) },
        { find: /^shakedown$/, replacement: ownModuleFile(import.meta.url, '../../index') },
      ],
    },
  } as const;
}

/**
 * Files are read as Node itself reads them: without a tsconfig, whatever lies about in the user's folders.
 */
function emptyTsconfig(directory: string): string {
  const path = join(directory, 'tsconfig.json');
  writeFileSync(path, '{}');
  return path;
}
