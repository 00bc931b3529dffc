/**
 * Addresses of a subnet that we made (`10.101.7`) that no machine has: those from the top. Machines have the
 * ones from the bottom, at most 200 in a cluster.
 */
export const spareAddresses = (net: string): readonly string[] =>
  Array.from({ length: 8 }, (_, index) => `${net}.${254 - index}`);
