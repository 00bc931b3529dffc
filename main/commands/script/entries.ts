import type { CommandEntry } from '../command.ts';

export const scriptCommands: readonly CommandEntry[] = [
  {
    name: 'script',
    args: '<file> [...args]',
    description: 'Run a script on a machine that is made for it, exit with its code, and destroy the machine',
    options: [
      ['--provider <kind>', 'Kind of machine: nspawn, docker, qemu, … (default: whichever works here)'],
      ['--os <release>', 'Operating system: bookworm, trixie, noble'],
      ['--package <name>', 'Debian package that the machine has from the start; may be repeated'],
      ['--machine <name=value>', 'Any other option of the machine: memory=1G, cpus=2; may be repeated'],
      ['--nodes <addresses>', 'Run it on these machines over ssh instead: a,b,c'],
      ['-k, --key <file>', 'Private key to log in with'],
      ['-u, --user <name>', 'User to log in as'],
      ['--root', 'As root (so it is unless told otherwise)'],
      ['--no-root', 'As the login user instead of root'],
      ['--count <n>', 'On so many machines at once'],
      ['--matrix <name=values>', 'On one machine for each: os=bookworm,trixie; may be repeated'],
      ['--env <name=value>', 'Environment variable; a name alone takes ours; may be repeated'],
      ['--with <folder>', 'Take the folder along: the script starts in a copy of it'],
      ['--get <pattern>', 'Bring these files back; may be repeated'],
      ['--out <folder>', 'Where they go (default: the run’s own folder)'],
      ['--timeout <seconds>', 'End it with SIGTERM, then SIGKILL; exit code 124'],
      ['--tty', 'Give it a terminal'],
      ['--keep', 'Keep the machine when it is over'],
      ['--keep-on-failure', 'Keep it unless the exit code is 0'],
      ['--rebuild', 'Build cached images again'],
      ['--json', 'Print the result as JSON; the script’s own output goes to stderr'],
      ['-q, --quiet', 'Say nothing but what the script says, and errors'],
    ],
    examples: [
      'shakedown script build.sh --os trixie --with . --get "dist/*.deb" --out dist -- --release',
      'shakedown script test.sh --matrix os=bookworm,trixie --keep-on-failure',
      'echo "uname -a" | shakedown script -',
    ],
    load: async () => (await import('./script.ts')).scriptCommand,
  },
];
