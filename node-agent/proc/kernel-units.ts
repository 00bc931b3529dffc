import { readFileSync } from 'node:fs';

/** In what the kernel counts (proc(5)): arm64 has pages of 4, 16 and 64 KiB. */
export interface KernelUnits {
  /** Bytes of a page. */
  readonly page: number;
  /** Clock ticks of a second. */
  readonly ticks: number;
}

let known: KernelUnits | undefined;

/** As the kernel tells each program at its start. */
export function kernelUnits(): KernelUnits {
  known ??= readUnits(readFileSync('/proc/self/auxv'));
  return known;
}

/** From pairs of a type and a value, each a word of 64 bits (getauxval(3): AT_PAGESZ is 6, AT_CLKTCK 17). */
export function readUnits(auxv: Buffer): KernelUnits {
  // From a copy: a small Buffer may begin at any byte of a larger one.
  const words = new BigUint64Array(Uint8Array.from(auxv).buffer, 0, Math.floor(auxv.length / 8));
  const values = new Map<number, number>();
  for (let at = 0; at + 1 < words.length; at += 2) values.set(Number(words[at]), Number(words[at + 1]));
  return { page: values.get(6) ?? 4096, ticks: values.get(17) ?? 100 };
}
