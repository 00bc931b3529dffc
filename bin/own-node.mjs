// The Node that came with us, for where the one that started us is too old. Old Nodes read this: nothing new in here.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const needed = [22, 18];

export function isNewEnough(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/** Runs this program anew, by our own Node, and ends as it ends; where there is none it says so and ends with 2. */
export function runByOwnNode(name) {
  const node = ownNode();
  if (node === undefined) {
    console.error(
      `${name} needs Node ${needed.join('.')} or newer; this is ${process.versions.node} (${process.execPath}). ` +
        'Install a newer Node, or in a checkout let `npm ci` bring one.',
    );
    process.exit(2);
  }
  const words = [node, ...process.execArgv, ...process.argv.slice(1)];
  // A run ends as by Ctrl-C when whoever looks like it is killed.
  const ward = ['/usr/bin/setpriv', '--pdeathsig', 'TERM'];
  const [program, ...args] = existsSync(ward[0]) ? [...ward, ...words] : words;
  const child = spawn(program, args, { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches both of us: what is to happen then is the other one's business.
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`${name}: ${node} could not be started: ${error.message}`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code));
}

function ownNode() {
  const require = createRequire(import.meta.url);
  for (const name of [`node-${process.platform}-${process.arch}`, 'node']) {
    try {
      const file = join(dirname(require.resolve(`${name}/package.json`)), 'bin/node');
      if (existsSync(file)) return file;
    } catch {
      // It is not installed.
    }
  }
}
