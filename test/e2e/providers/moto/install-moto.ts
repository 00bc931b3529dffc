import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory } from '../../../../main/context/cache-directory.mjs';
import { hostMirror } from '../../../../main/providers/debian/apt-mirror.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The folder for PYTHONPATH with moto, a real implementation of the EC2 API. It is Debian trixie's package:
 * bookworm has none, but the libraries that it needs (scripts/ensure.mjs installs them). Fetched once by an
 * apt configuration of its own, which leaves the machine's alone, and kept below the cache folder.
 */
export async function installMoto(): Promise<string> {
  const home = join(cacheDirectory(process.env), 'moto-trixie');
  const modules = join(home, 'usr/lib/python3/dist-packages');
  if (existsSync(join(modules, 'moto/server.py'))) return modules;
  await mkdir(cacheDirectory(process.env), { recursive: true });
  const work = await mkdtemp(`${home}.`);
  try {
    await execa('dpkg-deb', ['-x', await download(work), join(work, 'tree')]);
    // Another process may have been quicker.
    await rename(join(work, 'tree'), home).catch((error) => {
      if (!existsSync(modules)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return modules;
}

async function download(work: string): Promise<string> {
  const { main } = await hostMirror();
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'archives/partial'), { recursive: true });
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${main} trixie main\n`);
  const settings = {
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': work,
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  await writeFile(join(work, 'apt.conf'), lines.join(''));
  const options = { cwd: work, env: { APT_CONFIG: join(work, 'apt.conf') } };
  await execa('apt-get', ['update', '-qq', '-o', 'APT::Update::Error-Mode=any'], options);
  await execa('apt-get', ['download', '-qq', 'python3-moto'], options);
  const file = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get downloaded no python3-moto');
  return join(work, file);
}
