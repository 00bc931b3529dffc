import { z } from 'zod';
import type { AgentNotifications } from '../../../common/protocol/notifications.ts';
import type { AgentFailureData, AgentInfo, AgentMethods } from '../../../common/protocol.ts';
import type { InstalledPackage } from '../../../common/results.ts';
import type { ServiceDied, ServiceStatus } from '../../../common/service-status.ts';
import * as node from './node-words.ts';

/** What an agent may answer to a method. */
export interface AnswerRow<M extends keyof AgentMethods> {
  /** All that the main host takes from the answer; what is not in it is dropped. */
  readonly result: z.ZodType<AgentMethods[M]['result']>;
}

/** Entries of a tree, or packages of a system, that one answer may name. */
const many = 100_000;

/** Files of a project: as many numbers as fit into an answer. */
const files = 500_000;

const shell = z.enum(['bash', 'sh']);

const info: z.ZodType<AgentInfo> = z.object({
  version: node.line(100),
  pid: node.processId,
  hostname: node.line(255),
  os: z.object({ id: node.line(100), version: node.line(100), codename: node.line(100) }),
  arch: node.word,
  kernel: node.line(255),
  systemd: z.boolean(),
  shell,
  clockMs: node.timeMs,
  boot: node.line(100),
});

const installed: z.ZodType<InstalledPackage> = z.object({
  name: node.packageName,
  version: node.packageVersion,
  previous: node.packageVersion.exactOptional(),
});

const status: z.ZodType<ServiceStatus> = z.object({
  name: node.shortName,
  state: z.enum(['starting', 'ready', 'restarting', 'stopped', 'died']),
  pid: node.processId.exactOptional(),
  exitCode: node.exitCode.exactOptional(),
  lastLines: node.lastLines,
});

const died: z.ZodType<ServiceDied> = z.object({
  name: node.shortName,
  exitCode: node.exitCode,
  signal: node.word.nullable(),
  restarted: z.boolean().exactOptional(),
  agoMs: node.durationMs,
  lastLines: node.lastLines,
});

/** What each method may be answered with: a method without a row does not compile. */
export const agentAnswers: { readonly [M in keyof AgentMethods]: AnswerRow<M> } = {
  hello: { result: info },
  clock: { result: z.object({ clockMs: node.timeMs }) },
  clean: {
    result: z.object({
      unchanged: node.list(node.relativePath, many),
      restored: node.list(node.absolutePath, many),
      notRestored: node.list(node.line(1000), many),
    }),
  },
  install: {
    result: z.object({ installed: node.list(installed, many), heldBack: node.list(node.unitName, 2000) }),
  },
  place: { result: z.object({ placed: node.list(node.absolutePath, many) }) },
  task: {
    result: z.object({
      exitCode: node.exitCode,
      signal: node.word.nullable(),
      left: node.list(z.object({ pid: node.processId, command: node.line(1000) }), 100),
      durationMs: node.durationMs,
      outOfMemory: node.count.exactOptional(),
    }),
  },
  planProject: {
    result: z.object({
      directory: node.absolutePath,
      missing: node.list(node.count, files),
      deleted: node.count,
    }),
  },
  checkProject: { result: z.object({ wrong: node.list(node.count, files) }) },
  tryWriting: {
    result: z.object({
      refused: node.list(z.object({ folder: node.absolutePath, message: node.line() }), 16),
    }),
  },
  emptyFolders: { result: z.object({ processors: z.int().min(1).max(1_000_000) }) },
  findProgram: { result: z.object({ found: z.boolean() }) },
  takePorts: { result: z.object({ ports: node.list(node.port, 10_000) }) },
  handOn: { result: z.object({ port: node.port, token: node.word }) },
  memoryLimits: { result: z.object({ by: z.enum(['kernel', 'measured']) }) },
  readFile: { result: z.object({ bytes: node.count }) },
  pack: {
    result: z.object({
      problems: node.list(node.line(), 1000),
      sparse: node.list(node.absolutePath, 10_000),
    }),
  },
  unpack: { result: z.object({ entries: node.count }) },
  startHeldBack: { result: z.object({ started: node.list(node.unitName, 2000) }) },
  waitFor: { result: z.object({ problem: node.line().exactOptional() }) },
  startService: { result: status },
  resume: { result: node.list(status, 2000) },
  stopService: { result: status },
  killService: { result: status },
  services: { result: node.list(status, 2000) },
  hold: { result: z.object({}) },
  release: { result: z.object({}) },
  planCollection: {
    result: z.object({
      paths: node.list(node.absolutePath, many),
      unmatched: node.list(node.line(4096), 10_000),
      problems: node.list(node.line(), 1000),
    }),
  },
  reports: {
    result: z.object({
      reports: node
        .list(z.object({ name: node.fileName, stream: z.int().positive() }), 1000)
        .refine(differ, 'two reports have one name'),
      problems: node.list(node.line(), 1000),
    }),
  },
};

function differ(reports: readonly { readonly name: string }[]): boolean {
  return new Set(reports.map(({ name }) => name)).size === reports.length;
}

/** What an agent may tell unasked. */
export const agentNotices: {
  readonly [N in keyof AgentNotifications]: z.ZodType<AgentNotifications[N]>;
} = {
  log: z.object({ atMs: node.timeMs, message: node.text() }),
  progress: z.object({ message: node.line() }),
  serviceDied: died,
  alive: z.object({}),
};

/** What an agent may know of a failure; where it was, and where its log is, the main host knows better. */
export const agentFailure: z.ZodType<AgentFailureData> = z.object({
  message: node.text(),
  verdict: z.enum(['fail', 'error']).exactOptional(),
  command: node.text().exactOptional(),
  shell: shell.exactOptional(),
  exitCode: node.exitCode.exactOptional(),
  lastLines: node.lastLines.exactOptional(),
  hint: node.text().exactOptional(),
  agoMs: node.durationMs.exactOptional(),
});
