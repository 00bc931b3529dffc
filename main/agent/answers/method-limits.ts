import type { AgentMethods } from '../../../common/protocol.ts';

/**
 * Seconds after which a call that was given no limit of its own is given up: an agent that has gone silent
 * holds up nobody. Those that wait for what the user's own software does have longer ones, and their phases
 * give them theirs.
 */
export const methodLimits: Readonly<Record<keyof AgentMethods, number>> = {
  hello: 30,
  // An answer that took longer would say little.
  clock: 5,
  clean: 300,
  install: 3600,
  place: 120,
  // As long as it runs: the one who asks has the limit, and the agent's sign of life.
  task: Number.POSITIVE_INFINITY,
  planProject: 600,
  checkProject: 600,
  tryWriting: 120,
  emptyFolders: 300,
  findProgram: 60,
  takePorts: 30,
  // Others wait for it, and the main host can send them what they lack.
  handOn: 10,
  memoryLimits: 30,
  readFile: 120,
  // As long as bytes go: the agent's sign of life says that it is there.
  pack: Number.POSITIVE_INFINITY,
  unpack: Number.POSITIVE_INFINITY,
  startHeldBack: 600,
  waitFor: 3600,
  startService: 900,
  resume: 60,
  stopService: 300,
  killService: 30,
  services: 30,
  hold: 30,
  release: 300,
  planCollection: 120,
  reports: 60,
};
