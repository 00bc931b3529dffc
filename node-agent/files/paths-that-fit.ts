import { maxAnswer } from '../../common/protocol.ts';

/** As many paths as fit into half of an answer. */
export function pathsThatFit(paths: readonly string[]): readonly string[] {
  let left = maxAnswer / 2;
  return paths.filter((path) => {
    left -= Buffer.byteLength(path) + 3;
    return left > 0;
  });
}
