import { describe, expect, test, vi } from 'vitest';
import { type Fetched, Relay } from '../../../../main/agent/hand-on/relay.ts';

/*
 * Nodes without machines: what each is brought is a promise that the test resolves, and
 * `brought` has who got it from whom, in order.
 */
class Node {
  readonly name: string;
  readonly leaving = new AbortController();
  constructor(name: string) {
    this.name = name;
  }
  get gone(): AbortSignal {
    return this.leaving.signal;
  }
}

class Nodes {
  readonly relay: Relay<Node>;
  readonly brought: string[] = [];
  readonly #underway = new Map<string, PromiseWithResolvers<Fetched>>();

  constructor(patience?: number) {
    this.relay = new Relay(patience);
  }

  /** The node asks for it; resolves when it is there. */
  ask(node: Node, signal?: AbortSignal): Promise<void> {
    const from = (source: string): Promise<Fetched> => {
      this.brought.push(`${source}>${node.name}`);
      const transfer = Promise.withResolvers<Fetched>();
      this.#underway.set(node.name, transfer);
      return transfer.promise;
    };
    const ways = { send: async () => void (await from('main')), fetch: ({ name }: Node) => from(name) };
    return this.relay.bring(node, ways, signal);
  }

  /** The transfer to that node comes to its end. */
  async settle(node: Node, fetched: Fetched = 'there'): Promise<void> {
    this.#underway.get(node.name)?.resolve(fetched);
    await turn();
  }

  /** … and it has an agent then. */
  async arrive(node: Node): Promise<void> {
    await this.settle(node);
    this.relay.hold(node, node);
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const many = (count: number) => Array.from({ length: count }, (_, index) => new Node(`n${index}`));

async function asked(count: number, patience?: number) {
  const [nodes, list] = [new Nodes(patience), many(count)];
  const coming = list.map((node) => nodes.ask(node));
  await turn();
  const [first, second, third, fourth] = list as [Node, Node, Node, Node];
  return { nodes, list, coming, first, second, third, fourth };
}

describe('one of many has it from the main host', () => {
  test('and the others from that one, three side by side, and from one another', async () => {
    const { nodes, list, coming, first, second } = await asked(8);
    expect(nodes.brought).toEqual(['main>n0']);
    // It has it, and no agent yet: the others go on waiting.
    await nodes.settle(first);
    expect(nodes.brought).toEqual(['main>n0']);
    await nodes.arrive(first);
    expect(nodes.brought.slice(1)).toEqual(['n0>n1', 'n0>n2', 'n0>n3']);
    await nodes.arrive(second);
    expect(nodes.brought.slice(4)).toEqual(['n0>n4', 'n1>n5', 'n1>n6', 'n1>n7']);
    for (const node of list) await nodes.settle(node);
    await Promise.all(coming);
  });

  test('who comes later finds those who have it', async () => {
    const nodes = new Nodes();
    const [first, second] = many(2) as [Node, Node];
    nodes.relay.hold(first, first);
    void nodes.ask(second);
    await turn();
    expect(nodes.brought).toEqual(['n0>n1']);
  });

  test('where the first one comes to nothing, the main host sends it to the next one', async () => {
    const { nodes, first } = await asked(3);
    nodes.relay.leave(first);
    expect(nodes.brought).toEqual(['main>n0']);
    await turn();
    expect(nodes.brought).toEqual(['main>n0', 'main>n1']);
  });

  test('where the first one is slow, the main host begins with one more, and waits twice as long then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { nodes } = await asked(5, 5);
      for (const [seconds, sent] of [
        [4.9, 1],
        [0.2, 2],
        [9.8, 2],
        [0.2, 3],
      ] as const) {
        vi.advanceTimersByTime(seconds * 1000);
        await turn();
        expect(nodes.brought).toHaveLength(sent);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('who does not wait any longer keeps nobody waiting', async () => {
    const nodes = new Nodes();
    const [first, second, third] = many(3) as [Node, Node, Node];
    void nodes.ask(first);
    const called = new AbortController();
    const coming = nodes.ask(second, called.signal);
    void nodes.ask(third);
    called.abort(new Error('Ctrl-C'));
    await expect(coming).rejects.toThrow('Ctrl-C');
    await nodes.arrive(first);
    expect(nodes.brought).toEqual(['main>n0', 'n0>n2']);
  });
});

describe('where it does not come from another node, the main host sends it', () => {
  test.each(['unreached', 'broken', 'wrong'] as const)('%s', async (fetched) => {
    const { nodes, coming, first, second } = await asked(2);
    await nodes.arrive(first);
    await nodes.settle(second, fetched);
    expect(nodes.brought).toEqual(['main>n0', 'n0>n1', 'main>n1']);
    await nodes.settle(second);
    await Promise.all(coming);
  });

  test('to all of them side by side once two could not fetch it and none could', async () => {
    const { nodes, first, second, third } = await asked(7);
    await nodes.arrive(first);
    await nodes.settle(second, 'unreached');
    expect(nodes.brought.slice(4).sort()).toEqual(['main>n1', 'n0>n4']);
    await nodes.settle(third, 'unreached');
    expect(nodes.brought.slice(6).sort()).toEqual(['main>n2', 'main>n5', 'main>n6']);
  });

  test('a node that gave other bytes is not asked again', async () => {
    const { nodes, first, second, third, fourth } = await asked(6);
    await nodes.arrive(first);
    await nodes.settle(second);
    await nodes.settle(third, 'wrong');
    await nodes.arrive(fourth);
    expect(nodes.brought.slice(4).sort()).toEqual(['main>n2', 'main>n5', 'n0>n4']);
    void nodes.ask(new Node('late'));
    await turn();
    expect(nodes.brought.at(-1)).toBe('n3>late');
  });

  test('nor one that is gone', async () => {
    const { nodes, first, second } = await asked(2);
    await nodes.arrive(first);
    await nodes.arrive(second);
    first.leaving.abort();
    void nodes.ask(new Node('late'));
    await turn();
    expect(nodes.brought.at(-1)).toBe('n1>late');
  });
});
