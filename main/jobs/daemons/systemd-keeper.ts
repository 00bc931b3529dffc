import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';
import type { DaemonState, DaemonWishes, Keeper } from './daemon.ts';

/** Where units and their environments lie, and how systemctl is asked for them. */
interface Manager {
  readonly words: readonly string[];
  readonly units: string;
  readonly wantedBy: string;
}

/** Root's units are the machine's, anybody else's are those of their login. */
export const systemManager: Manager = {
  words: [],
  units: '/etc/systemd/system',
  wantedBy: 'multi-user.target',
};
export const userManager = (configFolder: string): Manager => ({
  words: ['--user'],
  units: join(configFolder, 'systemd/user'),
  wantedBy: 'default.target',
});

/**
 * Keeps daemons as units of systemd, which starts them with the machine and again when they fail. Stopping
 * one waits for it without limit, and takes its unit away.
 */
export class SystemdKeeper implements Keeper {
  readonly #manager: Manager;

  constructor(manager: Manager) {
    this.#manager = manager;
  }

  about = (name: string): string => {
    const words = [...this.#manager.words, '-u', unitOf(name)];
    return `systemd unit ${unitOf(name)}; log: journalctl ${words.join(' ')}`;
  };

  async start({ name, what, command, env }: DaemonWishes): Promise<void> {
    const { units, wantedBy } = this.#manager;
    mkdirSync(units, { recursive: true });
    // Before the unit: it holds a token, for root's or the user's eyes.
    writeFileSync(this.#environment(name), environmentFile(env), { mode: 0o600 });
    const unit = unitFile({ what, command, environment: this.#environment(name), wantedBy });
    writeFileSync(join(units, unitOf(name)), unit);
    await this.#ask(['daemon-reload']);
    await this.#ask(['enable', '--quiet', unitOf(name)]);
    await this.#ask(['start', '--no-block', unitOf(name)]);
  }

  async state(name: string): Promise<DaemonState> {
    const properties = ['--property=ActiveState,SubState,MainPID'];
    const said = await this.#ask(['show', ...properties, unitOf(name)]);
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(said)?.[1] ?? '';
    const words = [...this.#manager.words, '-u', unitOf(name), '-n', '10', '-o', 'cat', '--no-pager', '-q'];
    const { stdout } = await execa('journalctl', words, { reject: false });
    const isActive = ['active', 'activating', 'reloading', 'deactivating'].includes(value('ActiveState'));
    // It failed, and systemd waits before it starts it again.
    const isRunning = isActive && value('SubState') !== 'auto-restart';
    const pid = Number(value('MainPID'));
    return { isRunning, pid: pid > 0 ? pid : undefined, lastLines: stdout ? stdout.split('\n') : [] };
  }

  async stop(name: string, signal: AbortSignal): Promise<void> {
    if (!existsSync(join(this.#manager.units, unitOf(name)))) return;
    await this.#ask(['stop', unitOf(name)], signal);
    await this.#ask(['disable', '--quiet', unitOf(name)]);
    for (const file of [join(this.#manager.units, unitOf(name)), this.#environment(name)]) {
      rmSync(file, { force: true });
    }
    await this.#ask(['daemon-reload']);
    await execa('systemctl', [...this.#manager.words, 'reset-failed', unitOf(name)], { reject: false });
  }

  #environment = (name: string): string => join(this.#manager.units, `${name}.env`);

  async #ask(words: readonly string[], signal?: AbortSignal): Promise<string> {
    const asked = [...this.#manager.words, ...words];
    const options = { reject: false, ...(signal ? { cancelSignal: signal } : {}) } as const;
    const { exitCode, stdout, stderr } = await execa('systemctl', asked, options);
    signal?.throwIfAborted();
    if (exitCode === 0) return stdout;
    const message = `systemctl ${asked.join(' ')} ended with ${exitCode}: ${stderr}`;
    throw new ShakedownError({ message });
  }
}

const unitOf = (name: string): string => `${name}.service`;

function unitFile({
  what,
  command,
  environment,
  wantedBy,
}: {
  readonly what: string;
  readonly command: readonly string[];
  readonly environment: string;
  readonly wantedBy: string;
}): string {
  return `[Unit]
Description=shakedown ${what}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${command.map(unitWord).join(' ')}
EnvironmentFile=${environment.replaceAll('%', '%%')}
WorkingDirectory=/
# It ends its jobs and its database itself; whoever stops it waits.
KillMode=mixed
TimeoutStopSec=infinity
Restart=on-failure
RestartSec=5
Delegate=yes

[Install]
WantedBy=${wantedBy}
`;
}

/** As systemd.service(5) reads it back unchanged: neither a specifier nor a variable. */
const unitWord = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** As systemd.exec(5) has it for EnvironmentFile. */
const environmentFile = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"`$]/g, '\\$&')}"\n`)
    .join('');
