import { describe, expect, test } from 'vitest';
import type { After } from '../../../../main/config/node/node-config.ts';
import {
  type OrderedNode,
  type ServiceOnNode,
  startOrder,
} from '../../../../main/config/order/start-order.ts';

/** Nodes by their services: `{ db: 'first' }` is a service `db` that comes after the first node's. */
interface NodeOf {
  readonly role?: string;
  readonly services: Readonly<Record<string, After | readonly After[] | ''>>;
}

const cluster = (...nodes: readonly NodeOf[]): OrderedNode[] =>
  nodes.map(({ role, services }, id) => ({
    node: { id, name: `node${id}`, ...(role ? { role } : {}) },
    services: Object.entries(services).map(([name, after]) => ({ name, ...(after === '' ? {} : { after }) })),
  }));

const inWords = (stages: readonly (readonly ServiceOnNode[])[]) =>
  stages.map((stage) => stage.map(({ node, service }) => `${service}@${node}`).join(' '));

describe('the order of the services', () => {
  test('without `after` each node has its own', () => {
    const each = { services: { etcd: '', web: '' } } as const;
    expect(inWords(startOrder(cluster(each, each)).stages)).toEqual(['etcd@0 etcd@1', 'web@0 web@1']);
  });

  test('the first, then the others', () => {
    const each = { services: { mariadb: 'first' } } as const;
    const order = startOrder(cluster(each, each, each));
    expect(inWords(order.stages)).toEqual(['mariadb@0', 'mariadb@1 mariadb@2']);
    expect(order.waitsFor({ node: 0, service: 'mariadb' })).toEqual([]);
    expect(order.waitsFor({ node: 2, service: 'mariadb' })).toEqual([{ node: 0, service: 'mariadb' }]);
  });

  test('one role after another, and after several things', () => {
    const order = startOrder(
      cluster(
        { role: 'db', services: { etcd: '', patroni: { service: 'etcd' } } },
        { role: 'db', services: { etcd: '', patroni: { service: 'etcd' } } },
        { role: 'web', services: { haproxy: [{ role: 'db' }, 'first'] } },
      ),
    );
    expect(order.mistakes).toEqual([]);
    expect(inWords(order.stages)).toEqual(['etcd@0 etcd@1', 'patroni@0 patroni@1', 'haproxy@2']);
    // Of its own node a service waits for nothing that was named: it comes later there anyway.
    expect(order.waitsFor({ node: 0, service: 'patroni' })).toEqual([
      { node: 0, service: 'etcd' },
      { node: 1, service: 'etcd' },
    ]);
  });

  test('the first and a role mean the service of the same name, where they have it', () => {
    const each = { services: { db: 'first', web: { service: 'db' } } } as const;
    const order = startOrder(cluster(each, each));
    expect(order.mistakes).toEqual([]);
    expect(inWords(order.stages)).toEqual(['db@0', 'db@1', 'web@0 web@1']);
  });

  test('a service by its name on some nodes', () => {
    const order = startOrder(
      cluster(
        { services: { a: '' } },
        { services: { a: '' } },
        { services: { b: { service: 'a', on: { node: 1 } } } },
      ),
    );
    expect(order.waitsFor({ node: 2, service: 'b' })).toEqual([{ node: 1, service: 'a' }]);
  });

  test('one node alone waits for nobody', () =>
    expect(inWords(startOrder(cluster({ services: { db: 'first' } })).stages)).toEqual(['db@0']));
});

const mistakesOf = (...nodes: readonly NodeOf[]) =>
  startOrder(cluster(...nodes)).mistakes.map(({ node, path, message }) => `${node} ${path}: ${message}`);

describe('mistakes in the order', () => {
  test('a service that no node has', () => {
    expect(mistakesOf({ services: { etcd: '', web: { service: 'ectd' } } })).toEqual([
      "0 services[1].after: no node has a service 'ectd'; did you mean 'etcd'?",
    ]);
    expect(mistakesOf({ services: { etcd: '', web: { service: 'postgres' } } })).toEqual([
      "0 services[1].after: no node has a service 'postgres'; services are: etcd, web",
    ]);
  });

  test('nodes that have nothing to wait for', () => {
    expect(mistakesOf({ services: {} }, { services: { db: 'first' } })).toEqual([
      '1 services[0].after: there is no service on node 0 to wait for',
    ]);
    expect(
      mistakesOf(
        { role: 'db', services: { pg: '' } },
        { role: 'web', services: { web: { service: 'pg', on: { role: 'web' } } } },
      ),
    ).toEqual(["1 services[0].after: there is no service 'pg' on the nodes of role 'web' to wait for"]);
  });

  test('a circle of two nodes', () =>
    expect(mistakesOf({ services: { a: { service: 'b' } } }, { services: { b: { service: 'a' } } })).toEqual([
      "0 services[0].after: a circle: 'a' of node0 waits for 'b' of node1, which waits for 'a' of node0",
    ]));

  test('a circle by way of the order on a node', () =>
    expect(mistakesOf({ services: { etcd: { service: 'web', on: 'first' }, web: '' } })).toEqual([
      "0 services[0].after: a circle: 'etcd' of node0 waits for 'web' of node0, which is started after 'etcd' of node0",
    ]));

  test('nodes of a role that wait for their own role', () => {
    const db = { role: 'db', services: { pg: { role: 'db' } } } as const;
    expect(mistakesOf(db, db)).toEqual([
      "0 services[0].after: a circle: 'pg' of node0 waits for 'pg' of node1, which waits for 'pg' of node0",
    ]);
  });

  test('of circles that nodes alike make one is told', () => {
    const each = { services: { a: { service: 'b' }, b: { service: 'a' } } } as const;
    expect(mistakesOf(each, each, each)).toHaveLength(1);
  });
});
