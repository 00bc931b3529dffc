import { z } from 'zod';
import type { Machine } from '../providers/provider.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

const { exactOptional: optional } = z;

const strings = z.array(z.string());

const sshTarget: z.ZodType<SshTarget> = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  keyFile: optional(z.string()),
  identityFiles: optional(strings),
  identitiesOnly: optional(z.boolean()),
  identityAgent: optional(z.string()),
  certificateFiles: optional(strings),
  keyAlgorithms: optional(strings),
  hostKey: optional(z.string()),
  hostKeyAlias: optional(z.string()),
  acceptNewHostKey: optional(z.boolean()),
  acceptChangedHostKey: optional(z.boolean()),
  acceptAnyOnLoopback: optional(z.boolean()),
  hashKnownHosts: optional(z.boolean()),
  revokedHostKeys: optional(z.string()),
  knownHostsFiles: optional(strings),
  get jumps() {
    return optional(z.array(sshTarget));
  },
  proxyCommand: optional(z.string()),
  addressFamily: optional(z.union([z.literal(4), z.literal(6)])),
  bindAddress: optional(z.string()),
  bindInterface: optional(z.string()),
  connectTimeout: optional(z.number()),
  algorithms: optional(
    z.object({
      kex: optional(strings),
      cipher: optional(strings),
      mac: optional(strings),
      hostKey: optional(strings),
    }),
  ),
  setEnv: optional(z.record(z.string(), z.string())),
  sendEnv: optional(strings),
  notFollowed: optional(strings),
});

/** A machine as a ledger has it. */
export const machineSchema: z.ZodType<Machine> = z.object({
  id: z.number(),
  name: z.string(),
  role: optional(z.string()),
  address: z.string(),
  ssh: sshTarget,
  sshOnly: optional(z.boolean()),
  consoleLog: optional(z.string()),
  borrowed: optional(z.boolean()),
});
