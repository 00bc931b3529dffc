// Installs what `npm start` or `npm test` needs and is missing; with nothing to do it costs milliseconds.
// Plain JavaScript with Node's own modules only: it runs on the machine's Node, before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const purpose = process.argv[2] === 'test' ? 'test' : 'start';
const cryptoMarker = join(root, 'node_modules', '.shakedown-crypto');
const debianPackages = {
  start: [
    'systemd-container',
    'mmdebstrap',
    'nftables',
    'iproute2',
    'openssh-client',
    'procps',
    'tar',
    'e2fsprogs',
  ],
  test: [
    'shellcheck',
    'openssh-server',
    'tmux',
    'vagrant',
    'vagrant-lxc',
    'lxc',
    'redir',
    'qemu-system-x86',
    'qemu-utils',
    'genisoimage',
    'ansible-core',
    'apt-cacher-ng',
    'podman',
    'autopkgtest',
    'dpkg-dev',
    'runc',
    'netavark',
    'iptables',
    'uidmap',
    'slirp4netns',
    'catatonit',
    'docker.io',
    // moto, on which ec2 is tested, is itself fetched by its fixture.
    'python3-boto3',
    'python3-flask',
    'python3-flask-cors',
    'python3-responses',
    'python3-xmltodict',
  ],
};

// dpkg-query's own placeholders, not JavaScript's.
const packageAndStatus = '$' + '{Package} $' + '{db:Status-Status}\n';

ensureNpmPackages();
ensureNativeCrypto();
ensureDebianPackages();

/** Told before anything is done that takes time or changes the machine. */
function tell(message) {
  console.error(`shakedown: ${message}`);
}

function stop(message) {
  tell(message);
  process.exit(3);
}

function run(command, args, options = {}) {
  // npm's own lines belong beside ours, not into what a command prints.
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
}

function npm(args) {
  const cli = process.env.npm_execpath;
  return cli ? run(process.execPath, [cli, ...args]) : run('npm', args);
}

function ensureNpmPackages() {
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.shakedown-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return;
  tell('installing the npm packages of package-lock.json (once)');
  // Not `npm ci`: it refuses the lock file where a registry lacks the packages of some other platform.
  if (npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']).status !== 0) {
    stop("'npm install' failed, see above. Is the npm registry reachable?");
  }
  // npm may have built ssh2's crypto anew, for its own Node.
  rmSync(cryptoMarker, { force: true });
  writeFileSync(marker, digest);
}

/**
 * npm builds ssh2's optional native crypto for the Node that runs npm; ours is another, and ssh2 then falls back to
 * slower JavaScript without a word. The headers for ours lie in its platform package.
 */
function ensureNativeCrypto() {
  if (existsSync(cryptoMarker)) return;
  writeFileSync(cryptoMarker, '');
  const nodePackage = join(root, `node_modules/node-${process.platform}-${process.arch}`);
  const node = join(root, 'node_modules/.bin/node');
  if (!existsSync(join(nodePackage, 'include')) || loadsNativeCrypto(node) || !hasCompiler()) return;
  tell('building the native crypto of ssh2 for Node 24 (once)');
  npm(['rebuild', 'ssh2', 'cpu-features', `--nodedir=${nodePackage}`, '--loglevel=error']);
  if (!loadsNativeCrypto(node)) tell('that did not work: ssh2 will use its slower JavaScript crypto');
}

function loadsNativeCrypto(node) {
  const script = `await import('./main/remotes/ssh2.ts');
const { default: crypto } = await import('ssh2/lib/protocol/crypto.js');
process.exit(crypto.bindingAvailable ? 0 : 1);`;
  return run(node, ['--input-type=module', '-e', script], { stdio: 'ignore' }).status === 0;
}

function hasCompiler() {
  return ['python3', 'make', 'g++'].every((tool) => run('which', [tool], { stdio: 'ignore' }).status === 0);
}

function ensureDebianPackages() {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return;
  const wanted =
    purpose === 'test' ? [...debianPackages.start, ...debianPackages.test] : debianPackages.start;
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && run('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    // A scenario may run without them, on another kind of machine or on machines that exist: the run tells what it takes.
    if (purpose === 'start') return;
    stop(
      `these Debian packages are missing: ${missing.join(' ')}. Install them with 'sudo apt-get install ${missing.join(' ')}', or allow passwordless sudo.`,
    );
  }
  tell(`installing Debian packages by apt (once): ${missing.join(' ')}`);
  withoutStartingDaemons(sudo, () => {
    // The lists may be older than the mirror, so a first failure says little.
    if (aptInstall(sudo, missing) !== 0) {
      apt(sudo, ['update', '-qq']);
      if (aptInstall(sudo, missing) !== 0) stop(`apt could not install ${missing.join(' ')}, see above.`);
    }
  });
}

function missingPackages(wanted) {
  const query = spawnSync('dpkg-query', ['-W', '-f', packageAndStatus, ...wanted], {
    encoding: 'utf8',
  });
  const present = new Set();
  for (const line of query.stdout.split('\n')) {
    const [name, status] = line.split(' ');
    if (status === 'installed') present.add(name);
  }
  return wanted.filter((name) => !present.has(name));
}

function apt(sudo, args) {
  const command = [
    ...sudo,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ];
  return run(command[0], command.slice(1)).status;
}

function aptInstall(sudo, packages) {
  return apt(sudo, ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

/** Debian starts a daemon when its package comes in; a test tool must not leave an sshd running on the machine. */
function withoutStartingDaemons(sudo, action) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  const shell = (script) =>
    run([...sudo, 'sh'][0], [...sudo.slice(1), ...(sudo.length ? ['sh'] : []), '-c', script]);
  if (ours) shell(`printf '#!/bin/sh\\nexit 101\\n' >${policy} && chmod 755 ${policy}`);
  const restore = () => {
    if (!ours) return;
    if (sudo.length === 0) rmSync(policy, { force: true });
    else shell(`rm -f ${policy}`);
  };
  process.once('exit', restore);
  action();
}
