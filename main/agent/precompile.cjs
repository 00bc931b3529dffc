// precompile.cjs BUNDLE FILE: writes a bundle with what this very Node has compiled of it, so that a start of the
// agent compiles nothing: all functions, also those that are called later. Where another version or processor runs
// it, or other flags of V8, it is compiled there as ever. In the bundle there is no import(), which a Script has not.
// The file is the length of the source (four bytes, little-endian), the source, and V8's code cache; `agent-loader.ts`
// runs it. In latin1 a source is a byte for each character.
const { readFileSync, writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const [bundle, file] = process.argv.slice(2);
const inLatin1 = readFileSync(bundle, 'utf8').replaceAll(
  /[^\0-\x7f]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
const source = `(function (require) {${inLatin1}\n})`;
setFlagsFromString('--no-lazy');
const script = new Script(source);
// The flags are part of what the cache is checked by.
setFlagsFromString('--lazy');
const length = Buffer.alloc(4);
length.writeUInt32LE(source.length);
writeFileSync(file, Buffer.concat([length, Buffer.from(source, 'latin1'), script.createCachedData()]));
