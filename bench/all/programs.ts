/** A program that `npm run bench` runs. */
export interface BenchProgram {
  /** After `node`, from the project's folder. */
  readonly command: readonly [string, ...string[]];
  /** Debian packages of what it is measured beside. */
  readonly peers: readonly string[];
  /** Minutes after which it is ended, and counts as one that could not be measured. */
  readonly minutes: number;
  /** Whether it makes machines, for which it must be root. */
  readonly root: boolean;
  readonly measures: readonly Measure[];
}

/** A ratio to something else that is measured in turns with it, or a count; less is better. */
export interface Measure {
  readonly name: string;
  /** What is aimed at, where something is. */
  readonly goal?: number;
}

const machines = { peers: ['openssh-client'], root: true } as const;

/** A suite of `distribute/suites.ts`, beside pytest-xdist's two ways and the best schedule. */
const suite = (name: string): readonly Measure[] =>
  [
    { what: 'first run', best: 1.15 },
    { what: 'times known', best: 1.05 },
  ].flatMap(({ what, best }) => [
    { name: `${name} suite, ${what}, to the best schedule`, goal: best },
    { name: `${name} suite, ${what}, to worksteal`, goal: 1 },
    { name: `${name} suite, ${what}, to load`, goal: 1 },
  ]);

/** Those that need nobody to look at them, and nothing but Debian packages beside this project. */
export const programs: readonly BenchProgram[] = [
  {
    command: ['bench/startup.ts', '10'],
    ...{ peers: [], root: false, minutes: 5 },
    measures: [
      { name: '--version to bare Node, CPU', goal: 3 },
      { name: '--help to bare Node, CPU', goal: 3 },
      { name: 'runs list to bare Node, CPU', goal: 6 },
      { name: 'config to bare Node, CPU', goal: 6 },
      { name: 'a mistake in the config to bare Node, CPU', goal: 6 },
    ],
  },
  {
    command: ['bench/job.ts', '10', '7'],
    ...{ peers: ['openssh-client', 'strace', 'ansible-core'], root: true, minutes: 15 },
    measures: [
      { name: "a job to the expert's script, wall", goal: 1 },
      { name: "a job to the expert's script, CPU here", goal: 1 },
      { name: "a job to the expert's script, CPU on the nodes" },
      { name: 'a job to Ansible, wall', goal: 0.05 },
      { name: 'programs that a job starts on a node', goal: 20 },
    ],
  },
  {
    command: ['bench/commands.ts', '30'],
    ...{ ...machines, minutes: 5 },
    measures: [{ name: 'a command on a node to OpenSSH', goal: 1 }],
  },
  {
    command: ['bench/fan-out.ts', '10', '7'],
    ...{ ...machines, minutes: 10 },
    measures: [
      { name: 'a command on ten machines, cold, to parallel OpenSSH', goal: 0.4 },
      { name: 'a command on ten machines, cold, to parallel OpenSSH, CPU' },
      { name: 'a command over kept connections to OpenSSH over kept ones', goal: 1 },
    ],
  },
  // The goal is 6 s where it took 19: that was 2.2 of scp, and by 100 Mbit/s scp takes 28 s.
  {
    command: ['bench/first-connect.ts', '10', '3'],
    ...{ ...machines, minutes: 15 },
    measures: [{ name: 'a first connect of ten machines to scp of the runtime', goal: 0.7 }],
  },
  {
    command: ['bench/first-connect.ts', '10', '1', '100'],
    ...{ ...machines, minutes: 10 },
    measures: [{ name: 'a first connect of ten machines by 100 Mbit/s to scp', goal: 0.21 }],
  },
  {
    command: ['bench/spawn.ts', '3', 'nspawn'],
    ...{ ...machines, minutes: 15 },
    measures: [
      { name: 'machines of nspawn to the bare tool', goal: 1.2 },
      { name: 'machines of nspawn in a new process to by hand' },
    ],
  },
  {
    command: ['bench/rerun.ts', '3'],
    ...{ ...machines, minutes: 15 },
    measures: [{ name: 'a rerun on kept machines to a run' }],
  },
  {
    command: ['bench/layers.ts', '3'],
    ...{ ...machines, minutes: 15 },
    measures: [
      { name: 'a second run, from the layer, to the first', goal: 0.4 },
      { name: 'install of three nodes to that of one', goal: 1.2 },
    ],
  },
  {
    command: ['bench/distribute.ts', '7'],
    ...{ peers: ['python3-pytest'], root: false, minutes: 20 },
    measures: ['long', 'tail', 'tiny'].flatMap(suite),
  },
];
