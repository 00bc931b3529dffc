/** ms without a new package after which that is told. */
const patience = 15_000;

/** Tells how many of npm's packages are there: each number once, and once that no further one comes. */
export class NpmProgress {
  #tell;
  #now;
  #told = '';
  #from;
  #isWaiting = false;

  constructor(tell, now = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#from = now();
  }

  /** `of` is 0 while npm looks at what there is. */
  see(there, of) {
    const told = of === 0 ? 'looks at what there is' : `${there} of ${of} packages are there`;
    if (told !== this.#told) {
      this.#told = told;
      this.#from = this.#now();
      this.#isWaiting = false;
      this.#tell(`  npm: ${told}`);
    } else if (!this.#isWaiting && this.#now() - this.#from >= patience) {
      this.#isWaiting = true;
      this.#tell(
        `  npm: no further package for ${patience / 1000} s. It goes on; if this stays so, is the npm registry reachable?`,
      );
    }
  }
}
