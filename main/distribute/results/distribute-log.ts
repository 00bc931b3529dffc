import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { isDiskFull } from '../../../common/system-errors.ts';
import { printable } from '../../../common/text/printable.ts';
import { LineFiles } from '../../store/line-files.ts';

/** Whose lines they are. */
export interface LineSource {
  readonly node: string;
  readonly runner?: string;
  /** A hook's name, or the test files. */
  readonly of: string;
}

/** Takes the bytes of one output, whatever they are. */
export interface LineSink {
  write(chunk: Buffer): void;
  /** A last line may have no end. */
  end(): void;
}

/** Characters of a line that has no end, after which it is told as one. */
const longest = 8000;

/** `distribute.log`: every line of hooks and tests with the time, the node, the runner and the file. */
export class DistributeLog {
  readonly file: string;
  readonly #clock: () => number;
  readonly #lines: LineFiles;

  /** `noRoom`: told, perhaps many times, that lines are lost because the disk is full. */
  constructor(directory: string, clock: () => number, noRoom: () => void) {
    this.file = join(directory, 'distribute.log');
    this.#clock = clock;
    this.#lines = new LineFiles((error) => {
      if (isDiskFull(error)) noRoom();
    });
  }

  lines({ node, runner = '-', of }: LineSource): LineSink {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const tell = (lines: readonly string[]) => {
      const stamp = new Date(this.#clock()).toISOString();
      return lines.map((line) => `${stamp} ${node} ${runner} ${of} | ${printable(line)}\n`).join('');
    };
    return {
      write: (chunk) => {
        const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
        rest = lines.pop() ?? '';
        if (rest.length > longest) {
          lines.push(rest);
          rest = '';
        }
        if (lines.length > 0) this.#lines.append(this.file, tell(lines));
      },
      end: () => {
        rest += decoder.end();
        if (rest !== '') this.#lines.append(this.file, tell([rest]));
        rest = '';
      },
    };
  }

  /** All lines that were told are in the file. */
  flush(): void {
    this.#lines.flush();
  }
}
