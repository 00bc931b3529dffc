import { aroundEach, beforeAll, expect } from 'vitest';
import { connectWorker, setWorkerLink, socketVariable } from './worker-link.ts';

// Vitest's setup file: runs in each worker before its check file is loaded.
const link = await connectWorker(process.env[socketVariable] ?? '');
setWorkerLink(link);
const file = expect.getState().testPath ?? '';
await link.hello(file);

// This hook comes before those of the check file, when the file is loaded and nothing is left to do but to test. It
// waits as long as the nodes take: no limit.
beforeAll(() => link.waitForCluster(), 0);

aroundEach(async (runTest, { task, signal }) => {
  const problem = () => task.result?.errors?.at(-1)?.message;
  await link.runTest(
    { id: task.id, name: task.fullTestName, timeoutMs: task.timeout, signal, problem },
    runTest,
  );
}, 0);
