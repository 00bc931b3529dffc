import { expect, test } from 'vitest';
import { OneAfterAnother } from '../../../main/phases/one-after-another.ts';

test('one after another, in the order in which they came, whatever becomes of each', async () => {
  const turns = new OneAfterAnother();
  const order: string[] = [];
  const act = (name: string) => async () => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
    if (name === 'first') throw new Error('not me');
    return name;
  };
  const first = turns.take(act('first'));
  const rest = [turns.take(act('second')), turns.take(act('third'))];
  await expect(first).rejects.toThrow('not me');
  expect(await Promise.all(rest)).toEqual(['second', 'third']);
  const each = ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]);
  expect(order).toEqual(each);
});

test('who takes long is not waited for', async () => {
  const turns = new OneAfterAnother();
  const long = Promise.withResolvers<string>();
  const first = turns.take(() => long.promise);
  const others = await Promise.all([1, 2, 3].map((id) => turns.take(async () => id)));
  expect(others).toEqual([1, 2, 3]);
  long.resolve('at last');
  expect(await first).toBe('at last');
});
