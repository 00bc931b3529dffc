import { closeSync, mkdirSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchOf } from '../../store/scratch.ts';

/** The temporary folder of a check host, in the run's own. The one who makes it removes it. */
export class HostFolder {
  /** Absolute. */
  readonly path: string;
  /** Of a socket in it, for this process and its children while it is there. */
  readonly socketPath: string;
  /** Of a folder in it for links, that a program can read which takes `#` in a path for something else. */
  readonly linksPath: string;
  readonly #opened: number;

  constructor(runDirectory: string) {
    const scratch = scratchOf(runDirectory);
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    this.path = mkdtempSync(join(scratch, 'checks-'));
    this.#opened = openSync(this.path, 'r');
    // The path of a socket has at most 107 bytes (unix(7)), and the run's directory may have more.
    const byNumber = `/proc/${process.pid}/fd/${this.#opened}`;
    this.socketPath = `${byNumber}/socket`;
    this.linksPath = `${byNumber}/links`;
  }

  async remove(): Promise<void> {
    closeSync(this.#opened);
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
