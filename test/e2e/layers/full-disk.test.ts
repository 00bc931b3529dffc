import { execa } from 'execa';
import { expect, test } from 'vitest';
import { clusterIds, leftovers, mainConfig, nodeConfig, program, result, scenario } from '../harness.ts';
import { markedScenario, unlike } from './marker.ts';

const machines = "docker({ count: 1, engine: 'podman' })";
/** MB that the package has when it is installed. */
const size = 60;

/**
 * Lines of bash where our Podman has a disk of its own, of which nobody outside of their mount namespace
 * knows; gives what they print. `folders` are variables of theirs.
 */
async function onOwnDisk(lines: readonly string[], folders: Readonly<Record<string, string>>) {
  const script = `
    home=/var/lib/shakedown/docker
    mount -t tmpfs -o size=1500m tmpfs $home
    fill() { fallocate -l "$(($(df --output=avail -m $home | tail -n 1) - $1))M" $home/fill; }
    run() { (cd "$1" && "$NODE" "$PROGRAM" run) || echo "exit code $?"; }
    state() {
      CONTAINERS_CONF=$home/podman/containers.conf podman --root $home/podman/storage \\
        --runroot /run/shakedown-podman --storage-driver overlay images --all --quiet | wc -l | tr '\\n' ' '
      df --output=used -m $home | tail -n 1
    }
    ${lines.join('\n    ')}`;
  const env = { NODE: process.execPath, PROGRAM: program, NO_COLOR: '1', ...folders };
  const { all } = await execa('unshare', ['--mount', 'bash', '-uc', script], {
    env,
    all: true,
    reject: false,
  });
  return all;
}

test('a layer of Podman for which there is no space is told, and no part of it stays: the nodes install for themselves', async () => {
  const bare = scenario({
    'config/main.config.ts': mainConfig(`nodes: ${machines}`),
    'config/node.config.ts': nodeConfig(''),
  });
  const marked = await markedScenario(unlike().padEnd(size * 1e6), { machines });
  const all = await onOwnDisk(
    [
      // The image comes.
      'run "$bare"',
      // There is room for one installation, and for half of its copy.
      `fill ${size * 1.5}; echo "before: $(state)"`,
      'run "$marked"',
      'echo "after: $(state)"',
      'rm $home/fill; run "$marked"',
    ],
    { bare, marked },
  );
  expect(all).not.toContain('exit code');
  expect(all.match(/PASS /g), all).toHaveLength(3);
  const [full = '', roomy = ''] = all.split('before: ')[1]?.split('after: ') ?? [];
  expect(full).toMatch(
    /no layer: there is no space left for images and containers \(make room where the engine keeps them/,
  );
  expect(full).toMatch(/node 0 {2}installing marker\.deb/);
  const numbers = (text: string) => text.match(/\d+/g)?.slice(0, 2).map(Number) ?? [];
  const [[images, used], [imagesThen, usedThen]] = [numbers(full), numbers(roomy)];
  expect(imagesThen).toBe(images);
  expect(Math.abs(Number(usedThen) - Number(used))).toBeLessThan(5);
  // With room again it is made.
  expect(roomy).toMatch(/node 0 {2}from the layer of /);
  expect(Object.values(result(marked).layers ?? {})).toHaveLength(1);
  expect(await leftovers([...clusterIds(bare), ...clusterIds(marked)])).toEqual([]);
});
