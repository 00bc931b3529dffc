/** A function that is loaded when it is called for the first time: most commands call few of the world's. */
export const whenCalled =
  <Args extends readonly unknown[], Result>(
    load: () => Promise<(...args: Args) => Promise<Result>>,
  ): ((...args: Args) => Promise<Result>) =>
  async (...args) =>
    await (await load())(...args);
