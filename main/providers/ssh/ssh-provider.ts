import { UsageError } from '../../../common/errors.ts';
import type { Cluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { readSshConfig } from './read-ssh-config.ts';
import { sshTarget } from './ssh-config.ts';
import { parseHost, type SshSettings, sshOptionsSchema } from './ssh-options.ts';

/** Machines that exist: they are borrowed, and given back with the files that were placed on them put back. */
export class SshProvider implements Provider {
  readonly name = 'ssh';
  readonly #configFile: string | undefined;

  /** `configFile` instead of `~/.ssh/config`. */
  constructor(configFile?: string) {
    this.#configFile = configFile;
  }

  async probe(): Promise<ProbeResult> {
    return { ok: true, caps: ['borrow'] };
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    const { hosts } = settingsOf(spec.options);
    const config = readSshConfig(this.#configFile);
    return spec.machines.map((machine, index) => {
      const host = parseHost(hosts[index] ?? machine.name);
      const target = sshTarget(host, spec.login, config);
      return { ...machine, address: target.host, ssh: target };
    });
  }

  async create(spec: MachinesSpec): Promise<Cluster> {
    const machines = await this.preview(spec);
    return { id: spec.cluster, provider: this.name, machines, borrowed: true };
  }

  async list(): Promise<readonly []> {
    return [];
  }

  async destroy(): Promise<void> {}
}

function settingsOf(options: unknown): SshSettings {
  const parsed = sshOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `ssh: ${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError(issues.join('\n'));
}
