import { test as vitestTest } from 'vitest';
import { clusterFace } from '../cluster/face/cluster-face.ts';
import { workerLink } from './fixture/worker-link.ts';

/**
 * What check files import as `shakedown/check`: Vitest's own functions, with the cluster as a fixture.
 *
 *     test('all members are healthy', async ({ cluster }) => { … });
 */
export const test = vitestTest.extend('cluster', { scope: 'file' }, () => clusterFace(workerLink()));

/** Another name for `test`. */
export const it = test;

/** Vitest's hooks; they get the cluster as tests do: `beforeAll(async ({ cluster }) => { … })`. */
export const beforeAll: typeof test.beforeAll = test.beforeAll.bind(test);
export const afterAll: typeof test.afterAll = test.afterAll.bind(test);
export const beforeEach: typeof test.beforeEach = test.beforeEach.bind(test);
export const afterEach: typeof test.afterEach = test.afterEach.bind(test);

export { assert, describe, expect, onTestFailed, onTestFinished, vi } from 'vitest';
export type { CommandResult } from '../../common/results.ts';
export type { ServiceState, ServiceStatus } from '../../common/service-status.ts';
export { ClusterError } from '../cluster/face/cluster-error.ts';
export type {
  Cluster,
  ClusterNode,
  MainHost,
  NodeMachine,
  Service,
} from '../cluster/face/cluster-face.ts';
export type { Fault, Task } from '../cluster/face/until-disposed.ts';
export type { TaskStatus } from '../cluster/operations/background-tasks.ts';
export type { ExecOptions } from '../cluster/operations/commands.ts';
export type { KillOptions } from '../cluster/operations/services.ts';
export type { StartOptions } from '../cluster/operations/tasks.ts';
export { type EventuallyOptions, eventually } from './fixture/eventually.ts';
