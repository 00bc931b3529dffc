import { beforeAll, describe, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';

const failure = (image: string) =>
  new ShakedownError({
    message: `could not import the ${image} image`,
    command: `import ${image}`,
    exitCode: 3,
    lastLines: [`no room for ${image}`],
    hint: `make room for ${image}`,
  });

test('an error of ours', () => {
  throw failure('thrown');
});

test('one behind another error', () => {
  throw new Error('outer', { cause: failure('cause') });
});

test('one while something is given back', async () => {
  await using _ = {
    async [Symbol.asyncDispose]() {
      throw failure('second');
    },
  };
  throw failure('first');
});

describe('a suite', () => {
  beforeAll(() => {
    throw failure('hook');
  });
  test('that does not begin', () => {});
});
