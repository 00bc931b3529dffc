import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunContext } from '../../../../main/context/run-context.ts';
import { ensureBaseTree } from '../../../../main/providers/debian/base-tree.ts';

/**
 * What a user of vagrant with LXC has: a home (VAGRANT_HOME, which is set) with the box `e2e`, and the bridge
 * `lxcbr0` with DHCP. Containers boot in seconds and need nothing of the main host but root.
 */
export async function lxcBox(
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<AsyncDisposable> {
  const bash = (script: string, ...args: readonly string[]) =>
    execa('bash', [join(import.meta.dirname, script), ...args]);
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-home-'));
  const before = process.env.VAGRANT_HOME;
  process.env.VAGRANT_HOME = join(folder, '.vagrant.d');
  const tree = await ensureBaseTree({ os: 'bookworm', packages: [] }, false, ctx);
  const box = join(folder, 'lxc.box');
  await bash('build-lxc-box.sh', tree, box);
  await execa('vagrant', ['box', 'add', '--name', 'e2e', box], { env: { VAGRANT_CHECKPOINT_DISABLE: '1' } });
  rmSync(box);
  const ownNetwork = !existsSync('/run/lxc/network_up');
  if (ownNetwork) await bash('lxc-network.sh', 'start');
  return {
    [Symbol.asyncDispose]: async () => {
      if (ownNetwork) await bash('lxc-network.sh', 'stop');
      if (before === undefined) delete process.env.VAGRANT_HOME;
      else process.env.VAGRANT_HOME = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
