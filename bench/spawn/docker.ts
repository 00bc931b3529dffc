// `podman run` (or docker) by hand, of an image that was committed from a
// machine of ours: the keys are in it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseEngine } from '../../main/providers/docker/engines/find-engines.ts';
import { clusterNames, containerName } from '../../main/providers/docker/names.ts';
import { hostKeyPair } from '../../main/providers/host/identity.ts';
import type { Bare } from './bare.ts';
import { bash, buildTree, keysFrom, untilSsh } from './by-hand.ts';
import { answers, ctx, oneMachine, type Target } from './ours.ts';

const image = 'localhost/shakedown-bench';
const name = `bare${process.pid}`;

export async function bareDocker(publicKey: string): Promise<Bare> {
  const engine = await chooseEngine(ctx.signal);
  const [program = '', ...words] = engine.command;
  const run = (...args: string[]): string =>
    execFileSync(program, [...words, ...args], {
      env: { ...process.env, ...engine.env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const model = await oneMachine('docker');
  const { ssh } = model.machine;
  const home = mkdtempSync('/var/tmp/bare-docker-');
  const given = join(home, 'given');
  let entry: string[];
  try {
    await answers(ssh);
    const there = containerName(model.cluster.id, 0);
    run('commit', '-q', there, image);
    // What Podman mounts is not in the image.
    if (engine.kind === 'podman')
      cpSync(join(clusterNames(model.cluster.id).directory, '0/given'), given, { recursive: true });
    entry = JSON.parse(run('container', 'inspect', there))[0].Args;
  } finally {
    await model[Symbol.asyncDispose]();
  }
  const caps = ['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE'].map((cap) => `--cap-add=${cap}`);
  const systemd =
    engine.kind === 'podman'
      ? ['--systemd=always', `--volume=${given}:/.shakedown/given:ro`]
      : ['--cgroupns=private', '--tmpfs=/run:exec', '--tmpfs=/run/lock'];
  const flags = [...caps, ...systemd, '--tty', '--security-opt=apparmor=unconfined', '-p', '127.0.0.1::22'];
  const remove = ['rm', '-f', ...(engine.kind === 'podman' ? ['-t', '0'] : []), '-v', name];
  const quoted = (list: readonly string[]) => list.map((word) => `'${word}'`).join(' ');
  const environment = Object.entries(engine.env ?? {}).map(([key, value]) => `export ${key}='${value}'`);
  /** The engine's own client, in bash. */
  const client = `${environment.join('\n')}\nengine() { ${quoted([program, ...words])} "$@"; }\n`;
  const runByHand = (target: Target, ...command: string[]) => `
engine run -d --name ${name} ${quoted([...flags, ...command])}
port=$(engine port ${name} 22); port=\${port##*:}
${untilSsh({ ...target, host: '127.0.0.1', port: '$port' }, home)}
engine ${quoted(remove)}
`;
  return {
    spawn: async () => {
      try {
        run('run', '-d', '--name', name, ...flags, '--entrypoint=/bin/sh', image, ...entry);
        const port = Number(run('port', name, '22').split('\n')[0]?.split(':').at(-1));
        await answers({ ...ssh, host: '127.0.0.1', port });
      } finally {
        run(...remove);
      }
    },
    byHand: () => bash(client + runByHand(ssh, '--entrypoint=/bin/sh', image, ...entry)),
    built: async () => {
      const { hostKey, publicHostKey } = hostKeyPair();
      writeFileSync(join(home, 'host_key'), hostKey);
      writeFileSync(join(home, 'authorized_keys'), `${publicKey}\n`);
      const build = `tree=${home}/tree\n${await buildTree([], [keysFrom(home)])}
tar -C "$tree" -c . | engine import -c 'CMD ["/sbin/init"]' - ${image}-built\n`;
      const target = { ...ssh, hostKey: publicHostKey };
      return () =>
        bash(`${client}${build}${runByHand(target, `${image}-built`)}
engine rmi -f ${image}-built; rm -rf "$tree"`);
    },
    end: async () => {
      run('rmi', '-f', image);
      rmSync(home, { recursive: true });
    },
  };
}
