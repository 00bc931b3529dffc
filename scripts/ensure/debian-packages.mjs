import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { AptProgress } from './apt-progress.mjs';
import { debianPackages } from './debian-list.mjs';
import { endOf, run, StepError, tell } from './steps.mjs';
import { whyAptFailed } from './why-failed.mjs';

// dpkg-query's own placeholders, not JavaScript's.
const packageAndStatus = '$' + '{Package} $' + '{db:Status-Status}\n';

/** Installs what is missing of what a command needs (`start` or `test`), without starting daemons. */
export async function ensureDebianPackages(purpose) {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return;
  const { start, test } = debianPackages;
  const missing = missingPackages(purpose === 'test' ? [...start, ...test] : start);
  if (missing.length === 0) return;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && (await run('sudo', ['-n', 'true'])).status !== 0) {
    // A scenario may run without them, on another kind of machine or on machines that exist: the run tells what it takes.
    if (purpose === 'start') return;
    const words = missing.join(' ');
    throw new StepError(
      `these Debian packages are missing: ${words}. Install them with 'sudo apt-get install ${words}', or allow passwordless sudo.`,
    );
  }
  tell(`installing Debian packages by apt (once): ${missing.join(' ')}`);
  if (missing.includes('postgresql')) withoutMainCluster(sudo);
  await withoutStartingDaemons(sudo, () => install(sudo, missing));
}

/** Debian makes a database of its own when PostgreSQL comes in (createcluster.conf); the tests make theirs. */
function withoutMainCluster(sudo) {
  const folder = '/etc/postgresql-common/createcluster.d';
  const script = `mkdir -p ${folder} && echo 'create_main_cluster = false' >${folder}/shakedown.conf`;
  shell(sudo, script);
}

async function install(sudo, packages) {
  const asked = ['install', '-y', '--no-install-recommends', ...packages];
  const progress = new AptProgress((line) => tell(line));
  const once = () => apt(sudo, asked, (line) => progress.see(line));
  let result = await once();
  // The lists may be older than the mirror, and one that was killed may have left packages half way: a first failure
  // says little.
  if (result.status !== 0) {
    if (result.output.includes('dpkg --configure -a')) await dpkgConfigure(sudo);
    await apt(sudo, ['update', '-qq']);
    result = await once();
  }
  if (result.status !== 0)
    throw new StepError(`${whyAptFailed(result.output, packages)}\n${endOf(result.output, 'apt')}`);
  tell(progress.done());
}

/** Ends what a dpkg that was killed had begun, as apt asks for before it goes on. */
function dpkgConfigure(sudo) {
  tell('  apt: an installation was broken off, dpkg ends it first');
  const [program, ...words] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--configure', '-a'];
  return run(program, words);
}

function missingPackages(wanted) {
  const query = spawnSync('dpkg-query', ['-W', '-f', packageAndStatus, ...wanted], { encoding: 'utf8' });
  const present = new Set();
  for (const line of query.stdout.split('\n')) {
    const [name, status] = line.split(' ');
    if (status === 'installed') present.add(name);
  }
  return wanted.filter((name) => !present.has(name));
}

function apt(sudo, args, onProgress) {
  const settings = ['-o', 'DPkg::Lock::Timeout=120'];
  // sudo closes what is above 2, so there the progress is not seen.
  const seen = sudo.length === 0 && onProgress;
  if (seen) settings.push('-o', 'APT::Status-Fd=3');
  const words = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...settings, ...args];
  return run(words[0], words.slice(1), seen ? { onProgress } : {});
}

const policy = '/usr/sbin/policy-rc.d';
const mark = 'shakedown: while it installs packages';

/** Debian starts a daemon when its package comes in; a test tool must not leave an sshd running on the machine. */
async function withoutStartingDaemons(sudo, action) {
  // One of ours may have stayed when we were killed.
  if (existsSync(policy) && !readFileSync(policy, 'utf8').includes(mark)) return action();
  const sh = (script) => shell(sudo, script);
  process.once('exit', () => sh(`rm -f ${policy}`));
  // A signal ends us by `exit`, so that the file goes then, too.
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.once(signal, () => process.exit(code));
  sh(`printf '#!/bin/sh\\n# ${mark}\\nexit 101\\n' >${policy} && chmod 755 ${policy}`);
  await action();
}

function shell(sudo, script) {
  const [program, ...words] = [...sudo, 'sh', '-c', script];
  spawnSync(program, words, { stdio: ['ignore', 2, 2] });
}
