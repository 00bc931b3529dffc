import { z } from 'zod';
import type { Machine } from '../providers/provider.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

const { exactOptional: optional } = z;

const sshTarget: z.ZodType<SshTarget> = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  keyFile: optional(z.string()),
  identityFiles: optional(z.array(z.string())),
  identitiesOnly: optional(z.boolean()),
  identityAgent: optional(z.string()),
  certificateFiles: optional(z.array(z.string())),
  hostKey: optional(z.string()),
  hostKeyAlias: optional(z.string()),
  acceptNewHostKey: optional(z.boolean()),
  knownHostsFiles: optional(z.array(z.string())),
  get jumps() {
    return optional(z.array(sshTarget));
  },
  proxyCommand: optional(z.string()),
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
