/** ms between two words on how far apt is. */
const wordEvery = 10_000;

/** Reads what apt says of its own progress (`APT::Status-Fd`) and tells it now and then. */
export class AptProgress {
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  #told: number;

  constructor(tell: (message: string) => void, now = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#told = now();
  }

  /** A line as `dlstatus:3:45.0:Retrieving file 3 of 7` or `pmstatus:etcd:60.0:Unpacking etcd (amd64)`. */
  line(text: string): void {
    const [, kind, percent, words] = /^(dlstatus|pmstatus):[^:]*(?::[^:]*)??:([\d.]+):(.*)$/.exec(text) ?? [];
    if (kind === undefined || this.#now() - this.#told < wordEvery) return;
    this.#told = this.#now();
    const what = kind === 'dlstatus' ? 'downloading packages' : 'installing packages';
    this.#tell(`${what}: ${Math.floor(Number(percent))} %${words ? `, ${words.trim()}` : ''}`);
  }
}
