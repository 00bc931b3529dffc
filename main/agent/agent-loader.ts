/**
 * The agent's first file, in one line: it runs what `precompile.cjs` packed, in the file of the
 * same name that ends with `.pack`. Node reads a program's file as text; as one file, three times
 * as much memory was written at each start.
 */
export const agentLoader = [
  "const pack = require('node:fs').readFileSync(__filename.replace(/cjs$/, 'pack'))",
  'const end = 4 + pack.readUInt32LE(0)',
  'const cachedData = pack.subarray(end)',
  "const { Script } = require('node:vm')",
  'new Script(pack.latin1Slice(4, end), { filename: __filename, cachedData }).runInThisContext()(require)',
].join('; ');
