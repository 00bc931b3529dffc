import { relative } from 'node:path';
import { present } from '../../../common/present.ts';
import type { CheckResult } from '../../../common/results.ts';
import type { CheckListener } from '../check.ts';
import type { Trouble } from './check-protocol.ts';

/** How the tests of one run came out, in their order; tells the listener of each, once there is one. */
export class CheckResults {
  readonly #directory: string;
  readonly #results: CheckResult[] = [];
  readonly #unheard: ((listener: CheckListener) => void)[] = [];
  #listener: CheckListener | undefined;

  /** `directory`: what the files of the results are told relative to. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  get all(): readonly CheckResult[] {
    return this.#results;
  }

  /** Tells this listener what happened until now and from now on. */
  listen(listener: CheckListener): void {
    this.#listener = listener;
    for (const tell of this.#unheard.splice(0)) tell(listener);
  }

  started(name: string): void {
    this.#tell((listener) => listener.started(name));
  }

  /** `file` is absolute. */
  add(result: Named & Pick<CheckResult, 'verdict' | 'message' | 'detail'>): void {
    const { name, verdict, durationMs, file, message, detail } = result;
    const check: CheckResult = {
      name,
      kind: 'test',
      verdict,
      durationMs,
      ...present({ file: file === undefined ? undefined : this.shown(file), message, detail }),
    };
    this.#results.push(check);
    this.#tell((listener) => listener.ended(check));
  }

  /**
   * A failure, or with `loss`, the sentence about a node that was lost
   * meanwhile, no verdict about the system.
   */
  addFailure(common: Named, { message, detail }: Trouble, loss: string | undefined): void {
    const more = present({ detail });
    if (loss === undefined) this.add({ ...common, verdict: 'fail', message, ...more });
    else this.addLost(common, loss, message, more);
  }

  /** A check whose node went away. */
  addLost(common: Named, loss: string, message: string, more: { readonly detail?: string } = {}): void {
    const said = message.includes(loss) ? loss : `${loss}\nthe check said: ${message}`;
    this.add({ ...common, verdict: 'error', message: said, ...more });
  }

  /** As reports show it. */
  shown(file: string): string {
    return relative(this.#directory, file);
  }

  #tell(tell: (listener: CheckListener) => void): void {
    if (this.#listener) tell(this.#listener);
    else this.#unheard.push(tell);
  }
}

/** What is known of a test whatever came out. */
export interface Named {
  readonly name: string;
  readonly file?: string;
  readonly durationMs: number;
}
