import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { mainConfig, nodeConfig, scenario, write } from '../harness.ts';

/**
 * A package with a daemon that wants a config, and with all that is hard to keep: what was there before and
 * is gone, a folder in place of another. `contents` make it another one of the same version.
 */
export async function buildDeb(directory: string, contents: string, postinst = ''): Promise<void> {
  const tree = join(directory, 'tree');
  const control =
    'Package: marker\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: marks\n';
  const unit =
    '[Service]\nExecStart=/bin/sh -c "cat /etc/marker.conf && sleep 1000"\n[Install]\nWantedBy=multi-user.target\n';
  const script = [
    '#!/bin/sh\nset -e',
    'rm -f /etc/issue.net',
    'rm -rf /usr/share/common-licenses && mkdir /usr/share/common-licenses && echo new > /usr/share/common-licenses/mine',
    'deb-systemd-helper enable marker.service\ndeb-systemd-invoke start marker.service',
    postinst,
  ].join('\n');
  write(tree, 'DEBIAN/control', control);
  write(tree, 'DEBIAN/postinst', `${script}\n`);
  write(tree, 'usr/share/marker/contents', contents);
  write(tree, 'lib/systemd/system/marker.service', unit);
  await execa('chmod', ['755', join(tree, 'DEBIAN/postinst')]);
  // The same bytes wherever it is built.
  const env = { SOURCE_DATE_EPOCH: '1' };
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, join(directory, 'marker.deb')], { env });
}

export interface Marked {
  /** As the config has it: `nspawn({ count: 2 })`. */
  readonly machines?: string;
  /** What the node is asked, whose answer comes back as `look.txt`. */
  readonly look?: string;
  readonly postinst?: string;
  /** Further packages, as the config has them. */
  readonly packages?: string;
}

/** Nodes with that package, a step that is kept with it, and one that looks. */
export async function markedScenario(
  contents: string,
  { machines = 'nspawn({ count: 2 })', look = 'true', postinst = '', packages = '' }: Marked = {},
): Promise<string> {
  const directory = scenario({
    'config/main.config.ts': mainConfig(`nodes: ${machines}`),
    'config/node.config.ts': nodeConfig(`
      debs: ['marker.deb'],
      packages: [${packages}],
      services: [{ name: 'marker', unit: 'marker' }],
      place: [{ from: 'marker.conf', to: '/etc/marker.conf' }],
      setup: [
        { name: 'once', run: 'pwd > /var/step; ls /srv/shakedown >> /var/step 2> /dev/null || true', cacheable: true },
        { name: 'look', run: '(${look}) > look.txt 2>&1' },
      ]`),
    'node_files/marker.conf.tmpl': 'hello from <{ node_id }>\n',
  });
  await buildDeb(directory, contents, postinst);
  return directory;
}

export const unlike = (): string => randomBytes(8).toString('hex');
