/** `now` in ms. */
export class AptProgress {
  constructor(tell: (line: string) => void, now?: () => number);
  see(line: string): void;
  done(): string;
}
