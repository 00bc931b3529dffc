// precompile.cjs BUNDLE FILE: writes a bundle with what this very Node has compiled of it, so that a start of the
// agent compiles nothing: all functions, also those that are called later. Where another version or processor runs
// it, or other flags of V8, it is compiled there as ever. In the bundle there is no import(), which a Script has not.
const { readFileSync, writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

/** Runs what stands below it, two lines in base64; it is the beginning of what is written. */
function load() {
  const [, source, cachedData] = require('node:fs')
    .readFileSync(__filename, 'latin1')
    .split('\n//')
    .map((line) => Buffer.from(line, 'base64'));
  const { Script } = require('node:vm');
  new Script(source.toString(), { filename: __filename, cachedData }).runInThisContext()(require);
}

const [bundle, file] = process.argv.slice(2);
const source = `(function (require) {${readFileSync(bundle, 'utf8')}\n})`;
setFlagsFromString('--no-lazy');
const script = new Script(source);
// The flags are part of what the cache is checked by.
setFlagsFromString('--lazy');
const lines = [Buffer.from(source), script.createCachedData()].map((bytes) => bytes.toString('base64'));
writeFileSync(file, [`(${load})();`, ...lines].join('\n//'));
