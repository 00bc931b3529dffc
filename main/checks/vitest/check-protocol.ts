import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import type { Ask, Scope } from '../../cluster/cluster-under-test.ts';
import type { NodeFacts } from '../../config/scenario.ts';

/**
 * What the main process, the process that hosts Vitest and Vitest's workers say to one another: JSON-RPC over
 * a unix socket that the main process serves. Times are in ms unless the name says otherwise.
 */

/** What the host is to run. Files are absolute, in the order in which they shall run. */
export interface HostOrder {
  readonly files: readonly string[];
  readonly scenarioDirectory: string;
  /** These are names in a folder of links, which are not to be followed. */
  readonly areLinks: boolean;
  /** Only tests whose full name holds this. */
  readonly filter?: string;
  readonly testTimeoutMs: number;
  /** For caches and whatever Vitest wants to write; removed afterwards. */
  readonly temporaryDirectory: string;
  /** TMPDIR as the user has it, for the tests. */
  readonly userTmpdir?: string;
}

/** A mistake as it is shown: plain text without colours. */
export interface Trouble {
  readonly message: string;
  readonly detail?: string;
  /** The suite in whose hook it happened. */
  readonly suite?: string;
  /** The test that ran when it happened, where the mistake was not thrown to it. */
  readonly during?: string;
  readonly file?: string;
}

export interface ListedTest {
  readonly id: string;
  /** With the suites: `suite > test`. */
  readonly name: string;
}

export interface TestEnded extends ListedTest {
  readonly file: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly trouble?: Trouble;
  /** Why it was skipped. */
  readonly note?: string;
}

export interface FileEnded {
  readonly file: string;
  /** How many tests it has, whether they were wanted or not. */
  readonly tests: number;
  /** The full names of those that were not. */
  readonly unwanted: readonly string[];
  /** Mistakes outside of tests: it does not compile, or a hook of a suite threw. */
  readonly troubles: readonly Trouble[];
}

/** Host to main. */
export const takeOrder = new RequestType<{ readonly pid: number }, HostOrder, void>('host/order');
export const fileCollected = new NotificationType<{
  readonly file: string;
  readonly tests: readonly ListedTest[];
}>('host/fileCollected');
export const testEnded = new NotificationType<TestEnded>('host/testEnded');
export const fileEnded = new NotificationType<FileEnded>('host/fileEnded');
export const output = new NotificationType<{ readonly where: string; readonly text: string }>('host/output');
/** The last word: mistakes that belong to no test, as a promise rejected after its test had passed. */
export const allEnded = new NotificationType<{ readonly troubles: readonly Trouble[] }>('host/allEnded');
/** Main to host. */
export const quit = new NotificationType<Record<string, never>>('host/quit');

/** Worker to main: it is about to load this file. */
export const workerHello = new RequestType<{ readonly file: string; readonly pid: number }, null, void>(
  'worker/hello',
);
/** The cluster as a worker has to know it. */
export interface Welcome {
  readonly nodes: readonly NodeFacts[];
  /** The names of the operations that there are. */
  readonly methods: Readonly<Record<Scope, readonly string[]>>;
}
/** Worker to main: the file is loaded; answered when it is its turn to run on a cluster that is ready. */
export const fileReady = new RequestType<Record<string, never>, Welcome, void>('worker/fileReady');
/** Worker to main, before each attempt of a test. `timeoutMs`: 0 for none. */
export const testStarted = new RequestType<ListedTest & { readonly timeoutMs: number }, null, void>(
  'worker/testStarted',
);
/**
 * Worker to main, as soon as an attempt of a test is over. Vitest's own word, by way of the host, says more,
 * but comes up to a few hundred ms later, and never if the process dies meanwhile.
 */
export const testOver = new NotificationType<{ readonly id: string; readonly problem?: string }>(
  'worker/testOver',
);
/** Main to worker: is its event loop alive? */
export const ping = new RequestType<Record<string, never>, null, void>('worker/ping');

/** An operation on the cluster that a test asks for. */
export interface AskCall extends Ask {
  /** The id of the test that asks, where it is one, and its full name. */
  readonly test?: string;
  readonly by?: string;
}
/** Worker to main; what gives nothing is answered with null. */
export const ask = new RequestType<AskCall, unknown, CallFailure>('cluster/ask');

/** The data of a failed request: what the person is told. */
export interface CallFailure {
  readonly message: string;
}
/** The error code of a request that failed with CallFailure. */
export const callFailed = -32000;
