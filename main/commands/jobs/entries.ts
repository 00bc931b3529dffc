import type { CommandEntry, Option } from '../command.ts';
import { distributeFlags } from './distribute-flags.ts';

const serverOptions: readonly Option[] = [
  ['--server <url>', 'The job server; several of one database parted by commas (default: SHAKEDOWN_SERVER)'],
  ['--token <token>', 'Who asks (default: SHAKEDOWN_TOKEN)'],
];

/** What `submit` and `schedules add` take alike. */
const jobOptions: readonly Option[] = [
  ['--name <name>', 'What the job is called'],
  ['--label <label>', 'Something that its worker must have; may be repeated'],
  ['--platform <name>', 'What its worker must be'],
  ['--priority <n>', 'The higher, the sooner (default: 0)'],
  ['--not-before <time>', 'Not begun earlier: 2026-12-01T02:00:00Z'],
  ['--time-limit <duration>', 'The server ends it then: 90s, 30m, 2h'],
  [
    '--after <id>',
    'Only when this job, all of this matrix, or what schedule:NAME began last passed; may be repeated',
  ],
  ['--matrix <name=values>', 'One job for each: os=bookworm,trixie; may be repeated'],
  ['--attempts <n>', 'How often it is begun at most when workers are lost (default: 2)'],
  ['--provider <kind>', 'run, script, distribute: kind of machine'],
  ['--os <release>', 'run, script, distribute: operating system of the machines'],
  ['--count <n>', 'run, script, distribute: how many machines'],
  ['--set <path=value>', 'run: override one value of the main config; may be repeated'],
  ['-t, --filter <text>', 'run: only checks whose name holds this'],
  ['--package <name>', 'script: Debian package that the machine has; may be repeated'],
  ['--machine <name=value>', 'script: any other option of the machine; may be repeated'],
  ['--env <name=value>', 'script, distribute: environment variable, which the server sees; may be repeated'],
  ['--secret <source>', 'env:TOKEN, file:PATH or NAME=…, for its worker alone; may be repeated'],
  ['--node-files <folder>', 'run: node files to send instead of the config’s'],
  ['--with <path>', 'script: take the folder along. run: and what the config does not name; may be repeated'],
  ['--get <pattern>', 'script: keep these files with the job; may be repeated'],
  ['--param <name=value>', 'build: a parameter of the task; may be repeated'],
  ['--timeout <seconds>', 'script, build: end it then; distribute: each file'],
];

/** The others are among those above. */
const distributeOptions: readonly Option[] = distributeFlags
  .filter(({ name }) => !jobOptions.some(([flags]) => flags.includes(`--${name} `)))
  .map(({ option: [flags, description] }) => [flags, `distribute: ${description}`]);

export const jobsCommands: readonly CommandEntry[] = [
  {
    name: 'server',
    args: '[...what]',
    description:
      'A job server: queues what is submitted, hands it to workers, keeps what comes of it. ' +
      'server start | stop | status: one that goes on by itself. ' +
      'server user list | add <name> | remove <name>: who may log in at its page',
    options: [
      [
        '--data <folder>',
        'Where its data lie (default: /var/lib/shakedown/server, or ~/.local/share/shakedown)',
      ],
      ['--host <address>', 'Listen there (default: 127.0.0.1)'],
      ['--port <n>', 'And at this port (default: 7411)'],
      ['--pglite', 'A database inside of the server, though there is PostgreSQL here'],
      ['--no-install', 'Not by apt what it lacks, PostgreSQL: a trial database inside of the server then'],
      ['--open', 'Nobody has to log in or to send a token; only on this machine’s own addresses'],
      ['--keep-days <n>', 'Days for which jobs that are over are kept (default: 90)'],
      ['--keep-jobs <n>', 'How many of them are kept, the newest (default: 10000)'],
      ['--keep-gib <n>', 'GiB of their logs and artifacts (default: without end)'],
      ...serverOptions,
      ['--role <role>', 'user add: admin, submit, worker or read (default: read)'],
    ],
    examples: [
      'shakedown server',
      'DATABASE_URL=postgres://ci@db/jobs shakedown server --host 0.0.0.0',
      'shakedown server user add alice --role submit',
    ],
    load: async () => (await import('./server.ts')).serverCommand,
  },
  {
    name: 'worker',
    args: '[action]',
    description:
      'Take runs, scripts, builds and distributions from a job server; worker start | stop | status: one that goes on by itself',
    options: [
      ...serverOptions,
      ['--name <name>', 'What it is called (default: the host’s name)'],
      ['--label <label>', 'Something that jobs may ask for; may be repeated'],
      ['--platform <name>', 'What it is, instead of what this system tells; may be repeated'],
      ['--slots <n>', 'How many jobs at once (default: 1)'],
      ['--folder <folder>', 'For its jobs and for results that wait (default: in the cache)'],
      ['--once', 'End after one job'],
    ],
    examples: [
      'shakedown worker --server http://ci:7411 --label kvm --slots 2',
      'shakedown worker start --server http://ci:7411 --token sd_…',
    ],
    load: async () => (await import('./worker.ts')).workerCommand,
  },
  {
    name: 'submit',
    args: '<type> [what] [...args]',
    description:
      'submit run <scenario> | script <file> | build <recipe> <task> | distribute [files] -- command: have it done by a worker; prints the job’s id',
    options: [
      ...serverOptions,
      ...jobOptions,
      ...distributeOptions,
      ['--wait', 'Follow its log, and exit with its code'],
    ],
    examples: [
      'shakedown submit run examples/rabbitmq --wait',
      "shakedown submit distribute --provider nspawn --count 3 'spec/**/*_spec.rb' -- bundle exec rspec {files}",
      'shakedown submit script build.sh --os trixie --with . --get "dist/*.deb" --label fast',
      'shakedown submit build my-project test --param part=unit --wait',
    ],
    load: async () => (await import('./submit.ts')).submitCommand,
  },
  {
    name: 'jobs',
    args: '<action> [id]',
    description:
      'jobs list | show | logs | cancel | retry | pin | unpin | artifacts: what was submitted, and what came of it',
    options: [
      ...serverOptions,
      ['-f, --follow', 'logs: wait for more until the job is over'],
      ['--state <state>', 'list: only queued, running, done, cancelled, lost or skipped ones'],
      [
        '--type <type>',
        'list: only run, script, build or distribute jobs, or those of your own worker’s type',
      ],
      ['--matrix <id>', 'list: only jobs of this matrix'],
      ['--label <label>', 'list: only jobs whose worker must have it'],
      ['--submitter <name>', 'list: only what they submitted'],
      ['--pinned', 'list: only what is kept, however old it gets'],
      ['--failed', 'retry: of a matrix, only what did not pass; of a distribution, only files that did not'],
      ['--out <folder>', 'artifacts: download them there'],
      ['--json', 'list, show, artifacts: as JSON'],
    ],
    examples: [
      'shakedown jobs list --state queued',
      'shakedown jobs logs -f 1f0c…',
      'shakedown jobs artifacts 1f0c… --out evidence',
    ],
    load: async () => (await import('./jobs.ts')).jobsCommand,
  },
  {
    name: 'workers',
    args: '<action> [name]',
    description:
      'workers list | pause | drain | resume: who does the jobs; one is named by its name or its id',
    options: [
      ...serverOptions,
      ['--note <text>', 'pause: why, for those who wait'],
      ['--for <duration>', 'pause: 90s, 30m, 2h or 3d (default: until it is resumed)'],
      ['--json', 'list: as JSON'],
    ],
    examples: ['shakedown workers pause ci-3 --note "new disk" --for 2h', 'shakedown workers drain ci-3'],
    load: async () => (await import('./workers.ts')).workersCommand,
  },
  {
    name: 'quotas',
    args: '<action> [submitter] [jobs]',
    description:
      'quotas list | set <submitter> <jobs> | remove <submitter>: how many jobs of one run at once',
    options: serverOptions,
    examples: ['shakedown quotas set nightly 4', "shakedown quotas set '*' 10"],
    load: async () => (await import('./quotas.ts')).quotasCommand,
  },
  {
    name: 'recipes',
    args: '<action> [name] [path]',
    description: 'recipes list | add <name> [path] | remove <name>: packages of tasks, for builds',
    options: [...serverOptions, ['--json', 'list: as JSON']],
    examples: ['shakedown recipes add my-project ci/recipe', 'shakedown recipes add ci/fabfile.py'],
    load: async () => (await import('./recipes.ts')).recipesCommand,
  },
  {
    name: 'schedules',
    args: '<action> [name] [type] [what] [...args]',
    description:
      'schedules list | add <name> run|script|build|distribute … | remove | pause | resume | run <name>: jobs over and over',
    options: [
      ...serverOptions,
      ['--cron <expression>', 'add: minute, hour, day, month, day of the week; or @daily'],
      ['--zone <zone>', 'add: time zone, such as Europe/Berlin (default: UTC)'],
      ['--missed <what>', 'add: times that were missed: skip, once, or all of them (default: skip)'],
      ['--overlap', 'add: begin a job though the one before is not over'],
      ['--json', 'list: as JSON'],
      ...jobOptions,
      ...distributeOptions,
    ],
    examples: [
      "shakedown schedules add nightly --cron '30 2 * * *' --zone Europe/Berlin build my-project test",
    ],
    load: async () => (await import('./schedules.ts')).schedulesCommand,
  },
  {
    name: 'tokens',
    args: '<action> [what]',
    description: 'tokens list | add <name> | revoke <id>: who may use the job server',
    options: [...serverOptions, ['--role <role>', 'add: admin, submit, worker or read (default: read)']],
    examples: ['shakedown tokens add ci-worker-1 --role worker'],
    load: async () => (await import('./tokens.ts')).tokensCommand,
  },
];
