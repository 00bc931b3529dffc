/** Hooks of a test runner: node:test has `after`, Vitest and its like `afterAll`. */
export interface TestHooks {
  readonly after?: (action: () => Promise<void>) => unknown;
  /** `timeout` in ms. */
  readonly afterAll?: (action: () => Promise<void>, timeout: number) => unknown;
  readonly afterEach: (action: (context: unknown) => void) => unknown;
}

/** What hears of tests. */
export interface Tested {
  /** A test failed. */
  failed(error: unknown): void;
  /** All tests are over. */
  over(): Promise<void>;
}

/** ms: Vitest would wait 10 s for a hook, and evidence may take longer to come home. */
const closesWithin = 600_000;

/** Tells of every test that fails, and of the end of them all. */
export function listenToTests({ after, afterAll, afterEach }: TestHooks, tested: Tested): void {
  afterEach((context) => {
    const failure = failureIn(context);
    if (failure !== undefined) tested.failed(failure);
  });
  if (afterAll) afterAll(() => tested.over(), closesWithin);
  else after?.(() => tested.over());
}

/**
 * Why the test failed that a hook was called after, by what its runner tells of it; undefined when it passed.
 */
function failureIn(context: unknown): unknown {
  const { passed, error, name, task } = (context ?? {}) as NodeTestContext & VitestContext;
  if (passed === false) return error ?? new Error(`the test '${name}' failed`);
  if (task?.result?.state !== 'fail') return undefined;
  return task.result.errors?.[0] ?? new Error(`the test '${task.name}' failed`);
}

/** https://nodejs.org/api/test.html, TestContext */
interface NodeTestContext {
  readonly passed?: boolean;
  readonly error?: unknown;
  readonly name?: string;
}

/** https://vitest.dev/guide/test-context, `task` */
interface VitestContext {
  readonly task?: {
    readonly name: string;
    readonly result?: { readonly state: string; readonly errors?: readonly unknown[] };
  };
}
