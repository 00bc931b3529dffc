import type { AgentNotifications } from '../../../common/protocol/notifications.ts';
import type { AgentMethods } from '../../../common/protocol.ts';

const status = { name: 'etcd', state: 'ready', pid: 7, exitCode: 0, lastLines: ['one', 'two'] } as const;

/** An answer to each method, with every field that it may have. */
export const answers: { readonly [M in keyof AgentMethods]: AgentMethods[M]['result'] } = {
  hello: {
    version: '2',
    pid: 7,
    hostname: 'n1',
    os: { id: 'debian', version: '12', codename: 'bookworm' },
    arch: 'x64',
    kernel: '6.1.0',
    systemd: true,
    shell: 'bash',
    clockMs: 1_700_000_000_000,
    boot: 'd6b0 17',
  },
  clock: { clockMs: 1_700_000_000_000 },
  clean: { unchanged: ['app.conf'], restored: ['/etc/app.conf'], notRestored: [] },
  install: {
    installed: [{ name: 'etcd', version: '3.4-1', previous: '3.3-1' }],
    heldBack: ['etcd'],
  },
  place: { placed: ['/etc/app.conf'] },
  task: { exitCode: 0, signal: null, left: [{ pid: 9, command: 'sleep' }], durationMs: 3 },
  planProject: { directory: '/home/me/project', missing: [0, 7], deleted: 1 },
  checkProject: { wrong: [7] },
  tryWriting: { refused: [{ folder: '/tmp', message: 'no space left on device' }] },
  emptyFolders: { processors: 2 },
  findProgram: { found: true },
  takePorts: { ports: [10_000, 10_020] },
  handOn: { port: 40_123, token: '0123456789abcdef' },
  memoryLimits: { by: 'kernel' },
  readFile: { bytes: 3 },
  pack: { problems: ['/z: a socket'], sparse: [] },
  unpack: { entries: 3 },
  startHeldBack: { started: ['etcd'] },
  waitFor: { problem: 'connection refused on port 1' },
  startService: status,
  resume: [status],
  stopService: status,
  killService: status,
  services: [status],
  hold: {},
  release: {},
  planCollection: { paths: ['/srv/work', '/var/log/app.log'], unmatched: ['/x'], problems: ['/y: a socket'] },
  reports: { reports: [{ name: 'journal.log', stream: 1 }], problems: ['no journal'] },
};

export const notices: { readonly [N in keyof AgentNotifications]: AgentNotifications[N] } = {
  log: { atMs: 1_700_000_000_000, message: 'a line' },
  progress: { message: 'installing' },
  serviceDied: {
    name: 'etcd',
    exitCode: null,
    signal: 'SIGKILL',
    restarted: true,
    agoMs: 0,
    lastLines: ['bye'],
  },
  alive: {},
};

export const failure = {
  message: 'it failed',
  verdict: 'fail',
  command: 'apt-get install',
  exitCode: 100,
  lastLines: ['E: no'],
  hint: 'look',
};
