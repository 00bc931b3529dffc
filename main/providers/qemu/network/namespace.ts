import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ShakedownError } from '../../../../common/errors.ts';
import { freePorts } from '../../host/free-ports.ts';
import { rootCanBeHad } from '../../host/own-root.ts';
import { runAsRoot, runScript, type ScriptOptions } from '../../host/root-script.ts';
import { namespaceFiles } from './namespace-scripts.ts';

/**
 * Runs a script where the cluster's machines are: as root on this main host, or as root of the cluster's
 * namespaces. Throws as `runScript` does.
 */
export async function runBesideMachines(id: string, script: string, options: ScriptOptions): Promise<string> {
  if (rootCanBeHad()) return runAsRoot(script, options);
  const pid = await readFile(namespaceFiles(id).pid, 'utf8').catch(() => '');
  if (pid === '')
    throw new ShakedownError({ ...options.failure, hint: "its machines have ended: 'shakedown reap'" });
  // Behind QEMU's own network a machine is in that of this main host.
  const net = existsSync(namespaceFiles(id).api) ? ['--net'] : [];
  const enter = ['nsenter', `--target=${pid.trim()}`, '--user', ...net, '--pid'];
  return runScript(enter, script, options);
}

/**
 * Has slirp4netns pass a port of this main host's loopback on to ssh at an address of the cluster, and gives
 * its number. It stays for as long as the cluster. Throws ShakedownError.
 */
export async function forwardSsh(id: string, address: string): Promise<number> {
  let problem = '';
  // Between being found free and being taken a port may become another's.
  for (let tries = 0; tries < 5; tries++) {
    const [port = 0] = await freePorts(1);
    const forward = {
      proto: 'tcp',
      host_addr: '127.0.0.1',
      host_port: port,
      guest_addr: address,
      guest_port: 22,
    };
    const answer = await ask(namespaceFiles(id).api, { execute: 'add_hostfwd', arguments: forward });
    if (answer.error === undefined) return port;
    problem = answer.error.desc ?? JSON.stringify(answer.error);
  }
  throw new ShakedownError({ message: `slirp4netns forwards no port to ${address}: ${problem}` });
}

interface Answer {
  readonly error?: { readonly desc?: string };
}

/** One request (slirp4netns(1), API SOCKET). */
async function ask(socket: string, request: object): Promise<Answer> {
  const stream = connect(socket);
  stream.end(JSON.stringify(request));
  return JSON.parse(await text(stream));
}
