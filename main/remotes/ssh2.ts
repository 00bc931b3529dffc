import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Whether a native module was built with headers of Node (24.19 and later ones) whose ObjectWrap takes its
 * cleanup hook back at garbage collection: that aborts the whole process now and then
 * (github.com/nodejs/node/issues/65446, github.com/mscdex/ssh2/issues/1511). It is told by the symbol that it
 * imports.
 */
export const abortsAtCollection = (nativeModule: Buffer): boolean =>
  nativeModule.includes('RemoveEnvironmentCleanupHook');

/**
 * Makes `require` of such a native module of ssh2's fail, as where it was never built: ssh2 then uses Node's
 * own crypto. Must run before ssh2 is first loaded, so all that use ssh2 have it from here.
 */
function leaveOutWhatAborts(): void {
  const nativeCrypto = 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node';
  let file: string;
  try {
    file = require.resolve(nativeCrypto);
    if (!abortsAtCollection(readFileSync(file))) return;
  } catch {
    return;
  }
  require.cache[file] = {
    loaded: true,
    get exports(): never {
      throw new Error(`${file} is left out: it would abort this process`);
    },
  } as unknown as NodeJS.Module;
}

let loaded: typeof import('ssh2') | undefined;

/** The library, loaded when it is first used: what only reads a config needs none of it. */
export function ssh2(): typeof import('ssh2') {
  if (loaded === undefined) {
    leaveOutWhatAborts();
    loaded = require('ssh2') as typeof import('ssh2');
  }
  return loaded;
}
