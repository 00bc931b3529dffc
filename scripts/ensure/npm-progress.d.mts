/** Tells how many of npm's packages are there: each number once, and once that no further one comes. `now` in ms. */
export class NpmProgress {
  constructor(tell: (line: string) => void, now?: () => number);
  see(there: number, of: number): void;
}
