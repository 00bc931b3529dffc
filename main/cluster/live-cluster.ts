import { ShakedownError, UsageError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { describeIssues } from '../config/mistakes/issues.ts';
import { nodeFacts } from '../config/scenario.ts';
import { isSshOnly } from '../providers/provider.ts';
import type { ClusterUnderTest, MethodOf, NodeUnderTest, Scope, Targets } from './cluster-under-test.ts';
import type { Live } from './live.ts';
import type { Asked, Method, OnMain, OnNode, OnService, ParamsOf, ResultOf } from './method.ts';
import { type ClusterMethods, clusterMethods } from './methods.ts';
import type { Node } from './node.ts';
import { BackgroundTasks } from './operations/background-tasks.ts';
import { Endpoints } from './operations/endpoints.ts';
import { FreeAddresses } from './operations/free-addresses.ts';
import { serviceOf } from './operations/services.ts';
import { whileUp } from './while-up.ts';

type Row = Method<OnMain | OnNode | OnService, readonly unknown[], unknown>;
type Target = OnMain & Partial<OnService>;

/** The nodes of a run, and what one can ask of them: dispatches to the rows of `clusterMethods`. */
export class LiveCluster implements ClusterUnderTest, AsyncDisposable {
  readonly nodes: readonly NodeUnderTest[];
  readonly #live: Live;

  constructor(live: Omit<Live, 'endpoints' | 'addresses' | 'tasks'>) {
    this.#live = {
      ...live,
      endpoints: new Endpoints(),
      addresses: new FreeAddresses(live.nodes),
      tasks: new BackgroundTasks(),
    };
    this.nodes = live.nodes.map((node) => underTest(node, this.#live));
  }

  async ask<S extends Scope, M extends MethodOf<S>>(
    scope: S,
    method: M,
    on: Targets[S],
    params: ParamsOf<ClusterMethods[S][M]>,
    asked: Asked = {},
  ): Promise<ResultOf<ClusterMethods[S][M]>> {
    const row = rowOf(scope, method);
    const checked = checkParams(row, `${scope}.${method}`, params);
    const target = this.#target(on);
    const call = () => row.run(target, checked, asked);
    const { node } = target;
    const result = row.whenDown || node === undefined ? call() : whileUp(node, this.#live.power, call);
    return (await result) as ResultOf<ClusterMethods[S][M]>;
  }

  /** Heals the faults that are left, and ends the tasks. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#live.faults.healAll(), this.#live.tasks.stopAll()]);
  }

  #target(on: { readonly node?: number; readonly service?: string }): Target {
    const live = this.#live;
    if (on.node === undefined) return { live };
    const node = live.nodes.find(({ id }) => id === on.node);
    if (node === undefined) throw new ShakedownError({ message: `there is no node ${on.node}` });
    return on.service === undefined
      ? { live, node }
      : { live, node, service: serviceOf(node, on.service, live.timeouts) };
  }
}

/** The methods' names by scope: what a process that asks from outside has to know. */
export const methodNames: Readonly<Record<Scope, readonly string[]>> = {
  main: Object.keys(clusterMethods.main),
  cluster: Object.keys(clusterMethods.cluster),
  node: Object.keys(clusterMethods.node),
  fault: Object.keys(clusterMethods.fault),
  service: Object.keys(clusterMethods.service),
};

function rowOf(scope: Scope, method: string): Row {
  const rows: Readonly<Record<string, unknown>> = clusterMethods[scope];
  if (!Object.hasOwn(rows, method)) throw new UsageError(`There is no operation '${scope}.${method}'.`);
  return rows[method] as Row;
}

function checkParams(row: Row, name: string, params: readonly unknown[]): readonly unknown[] {
  const parsed = row.params.safeParse(params);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [mistake] = describeIssues(parsed.error.issues, params);
  if (issue?.path.length === 0 || !mistake)
    throw new UsageError(`'${name}' does not take ${params.length} arguments.`);
  // `[1].timeout`: of the second one.
  const where = mistake.path.replace(/^\[(\d+)\]\.?/, (_, index) => `argument ${Number(index) + 1}: `);
  throw new UsageError(`'${name}', ${where.replace(/: $/, '')}: ${mistake.message}`);
}

const underTest = (node: Node, { power }: Live): NodeUnderTest => {
  const { machine } = node;
  const connect = (port: number) => whileUp(node, power, () => node.remote.connect(machine.address, port));
  return {
    ...nodeFacts(machine),
    get lost() {
      return node.lost;
    },
    ...present({ connect: isSshOnly(machine) ? connect : undefined }),
  };
};
