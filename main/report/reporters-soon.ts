type Reporters = typeof import('./reporters.ts');

/** ms in which a run begins what it then waits for: it has asked for its nodes, and they are at work. */
const begunWithin = 300;

/**
 * Has the reporters loaded while a run waits for others, and gives them at its end: then another version of
 * us may lie on the disk.
 */
export function reportersSoon(): () => Promise<Reporters> {
  let loading: Promise<Reporters> | undefined;
  const load = () => {
    loading ??= import('./reporters.ts');
    return loading;
  };
  // Who asks for them is told why they cannot be had.
  setTimeout(() => load().catch(() => undefined), begunWithin).unref();
  return load;
}
