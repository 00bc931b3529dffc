import type { CommandEntry } from '../command.ts';

export const distributeCommands: readonly CommandEntry[] = [
  {
    name: 'distribute',
    args: '[...files]',
    description: 'Run a project’s test files on many runners on many nodes: -- command {files}',
    options: [
      ['--nodes <addresses>', 'Machines to use over ssh: a,deploy@b,node[01-20]'],
      ['-k, --key <file>', 'Private key to log in with'],
      ['-u, --user <name>', 'User to log in as'],
      ['--provider <kind>', 'Make machines of this kind instead: nspawn, docker, qemu, …'],
      ['--count <n>', 'How many of them'],
      ['--os <release>', 'Their operating system: bookworm, trixie, noble'],
      ['--runners <n>', 'Runners on each node (default: as many as it has processors)'],
      ['--local-runners <n>', 'Runners on this host, on a copy of the project'],
      ['--include <path>', 'Send these files though git ignores them; may be repeated'],
      ['--ignore <pattern>', 'Send none of these, in the words of .gitignore; may be repeated'],
      [
        '--env <name=value>',
        'Environment variable of hooks and tests; a name alone takes ours; may be repeated',
      ],
      ['--timeout <seconds>', 'End a file that takes longer (default: by what it took before)'],
      ['--retries <n>', 'Run a file that failed again, up to n times, on another runner'],
      ['--retry-budget <part>', 'Run nothing again when more of the files have failed: 5%'],
      ['--new-repeat <n>', 'Run a file that no earlier run knows n times: it must pass each time'],
      ['--only-failed', 'Run what failed or was not run the last time, and what is new'],
      ['--fail-fast', 'Begin nothing more when a file has failed'],
      ['--shard <i/n>', 'Run one of n parts of the files: 2/5'],
      ['--seed <n>', 'In an order of chance, the same for the same number'],
      ['--rebuild', 'Build cached images of the machines again'],
      ['--sent <file>', 'For a job server’s worker: which files a job brought, and where its history lies'],
      ['--json', 'Print the result as JSON, and nothing else'],
      ['-q, --quiet', 'Print nothing but the summary'],
    ],
    examples: [
      "shakedown distribute --nodes a,b,c --runners 4 'spec/**/*_spec.rb' -- bundle exec rspec {files}",
      "shakedown distribute --local-runners 4 'test/*.sh' -- sh {file}",
      'shakedown distribute    (with a distribute.config.ts)',
    ],
    load: async () => (await import('./distribute.ts')).distributeCommand,
  },
];
