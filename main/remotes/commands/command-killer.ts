import type { Client } from 'ssh2';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { unwound } from '../../../common/unwound.ts';
import { type CommandChannel, openChannel } from './command-channel.ts';
import { killLine } from './kill-line.ts';

export interface KillerOptions {
  readonly client: Client;
  readonly address: string;
  readonly user: string;
  /** The connection's end. */
  readonly lost: AbortSignal;
  /** Another connection to the same machine. */
  readonly connect: () => Promise<Client>;
}

/** Seconds that the open connection has to give room for one command more. */
const patience = 0.5;

/**
 * Ends commands on a node: by a signal over their own channel (RFC 4254, 6.9), for sshd takes no other
 * command while those that hang use up its sessions (MaxSessions); and by a command that finds what the
 * signal does not reach. Where the sessions are used up nevertheless, it comes over a connection of its own.
 */
export class CommandKiller {
  readonly #options: KillerOptions;
  readonly #underway = new Set<Promise<void>>();
  #spare: Promise<Client> | undefined;

  constructor(options: KillerOptions) {
    this.#options = options;
  }

  /**
   * Ends the processes that carry the mark `id`, then closes the channel. Never throws, and does not wait.
   */
  end(id: string, opened: CommandChannel | undefined): void {
    if (this.#options.lost.aborted || opened?.channel.destroyed) return;
    opened?.channel.signal('TERM');
    const killing = this.#kill(killLine(id, this.#options.user))
      .catch(() => undefined)
      .finally(() => {
        if (!this.#options.lost.aborted) opened?.channel.resume().close();
        this.#underway.delete(killing);
        if (this.#underway.size === 0) this.#closeSpare();
      });
    this.#underway.add(killing);
  }

  /** Waits for what is under way, `within` seconds at most. */
  async idle(within: number): Promise<void> {
    await unwound(Promise.allSettled(this.#underway), within);
    this.#closeSpare();
  }

  async #kill(line: string): Promise<void> {
    const { client, address, lost, connect } = this.#options;
    const brief = { what: 'ending a command', seconds: patience, signal: lost };
    const killer = await withTimeLimit(brief, (stop) =>
      openChannel(client, line, { address, lost, stop }),
    ).catch(async () => {
      lost.throwIfAborted();
      this.#spare ??= connect();
      return openChannel(await this.#spare, line, { address, lost, stop: lost });
    });
    killer.channel.resume().stderr.resume();
    await killer.ended;
  }

  #closeSpare(): void {
    this.#spare?.then(
      (client) => client.destroy(),
      () => undefined,
    );
    this.#spare = undefined;
  }
}
