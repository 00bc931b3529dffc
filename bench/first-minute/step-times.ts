/**
 * Where a step begins and where it ends, in what is told while `npm start` goes on; both are parts of a line.
 */
const steps: readonly { readonly name: string; readonly from: string; readonly to: string }[] = [
  { name: 'npm', from: 'installing the npm packages', to: 'the npm packages are there' },
  { name: 'apt', from: 'installing Debian packages', to: 'the Debian packages are there' },
  { name: 'tree', from: 'building the ', to: 'base tree is there' },
  { name: 'layer', from: 'as a layer that', to: ' install pass' },
  { name: 'nodes up and connected', from: ' machines pass', to: ' connect pass' },
  { name: 'from then to the verdict', from: ' connect pass', to: 'PASS ' },
];

/** Makes the times of the steps, some of which go on side by side, of lines as they come. */
export class StepTimes {
  readonly #now: () => number;
  readonly #from: number;
  readonly #seen = new Map<string, { from: number; to?: number }>();

  /** `now` in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#from = now();
  }

  /** The s since the beginning. */
  see(line: string): number {
    const at = (this.#now() - this.#from) / 1000;
    for (const { name, from, to } of steps) {
      const seen = this.#seen.get(name);
      if (seen && line.includes(to)) seen.to = at;
      if (!seen && line.includes(from)) this.#seen.set(name, { from: at });
    }
    return at;
  }

  /** The s of each step that was seen, and of all from the beginning to now. */
  done(): Map<string, number> {
    const each = [...this.#seen].map(([name, { from, to = Number.NaN }]) => [name, to - from] as const);
    return new Map([...each, ['all', (this.#now() - this.#from) / 1000]]);
  }
}
