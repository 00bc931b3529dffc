import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hostMirror } from '../../main/providers/debian/apt-mirror.ts';

/** Debian 13's, which run on Debian 12, too: the pytest-xdist of 12 (3.1.0) has no `--dist worksteal`. */
const packages = [
  {
    path: 'pool/main/p/pytest-xdist/python3-pytest-xdist_3.6.1-1_all.deb',
    sha256: '84ae0e18784c7da3405ef81d7319197796cba010b9a6bb27f163d2146bf392bc',
  },
  {
    path: 'pool/main/e/execnet/python3-execnet_2.1.1-1_all.deb',
    sha256: '7777eb32a742fe22f66545a14050881d8f97b90e943282d452c136904de66a04',
  },
];

/**
 * Unpacks pytest-xdist and what it needs into `folder`, from the Debian mirror that this machine uses. Gives
 * the folder that PYTHONPATH is to name. Throws where the mirror has no such package, or another one of its
 * name.
 */
export async function unpackXdist(folder: string): Promise<string> {
  const { main } = await hostMirror();
  for (const { path, sha256 } of packages) {
    const url = `${main}/${path}`;
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new Error(`${url} has the SHA-256 ${found}, not ${sha256}`);
    const file = join(folder, basename(path));
    writeFileSync(file, bytes);
    const { status, stderr } = spawnSync('dpkg', ['-x', file, folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`dpkg -x ${file}: ${stderr}`);
  }
  return join(folder, 'usr/lib/python3/dist-packages');
}
