/**
 * Calls `look` every so many ms, never twice at once, until it is closed; then it waits for the one under
 * way. While the database is away each look fails; one line about that will do.
 */
export function keepLooking(
  every: number,
  look: () => Promise<void>,
  tell: (line: string) => void,
): AsyncDisposable {
  let looking: Promise<void> | undefined;
  let told = '';
  const once = async (): Promise<void> => {
    try {
      await look();
      told = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) tell(`the database does not answer: ${message}`);
      told = message;
    }
  };
  const timer = setInterval(() => {
    looking ??= once().finally(() => {
      looking = undefined;
    });
  }, every);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
