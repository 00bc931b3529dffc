import { PassThrough, Writable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { serve } from '../../../main/virt/serve.ts';
import type { Testbed } from '../../../main/virt/testbed.ts';

/** A testbed without a machine: remembers what was asked of it. A copy from `/nowhere` fails. */
export class FakeTestbed implements Testbed {
  readonly calls: string[] = [];
  isOpen = false;
  /** Resolves what `open` waits for. */
  opening: Promise<void> = Promise.resolve();

  capabilities = () => ['revert', ...(this.isOpen ? ['isolation-container'] : [])];

  async open() {
    this.calls.push('open');
    await this.opening;
    this.isOpen = true;
    return '/tmp/a folder';
  }

  async revert() {
    this.calls.push('revert');
    return '/tmp/a folder';
  }

  async reboot(prepareOnly: boolean) {
    this.calls.push(prepareOnly ? 'reboot itself' : 'reboot');
  }

  async close() {
    this.calls.push('close');
    this.isOpen = false;
  }

  executeCommand = async () => ['/run/it', 'one, two'];

  async copyDown(from: string, to: string) {
    this.calls.push(`down ${from} -> ${to}`);
    if (from === '/nowhere') throw new ShakedownError({ message: 'there is no /nowhere' });
  }

  async copyUp(from: string, to: string) {
    this.calls.push(`up ${from} -> ${to}`);
  }

  async shell(directory: string, environment: readonly string[]) {
    this.calls.push(['shell', directory, ...environment].join(' '));
  }

  trouble = async () => ['it is not well'];
}

/** A server for `testbed`, and its caller's end of it. */
export function conversation(testbed: Testbed) {
  const input = new PassThrough();
  let answers = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      answers += chunk;
      done();
    },
  });
  const told: string[] = [];
  const end = new AbortController();
  const served = serve(testbed, {
    input,
    output,
    tell: (line) => told.push(line),
    signal: end.signal,
    hangUp: (reason) => end.abort(reason),
  });
  served.catch(() => undefined);
  return {
    told,
    end,
    served,
    say: (...lines: readonly string[]) => input.write(lines.map((line) => `${line}\n`).join('')),
    hangUp: () => input.end(),
    /** All answers so far, the first `ok` included. */
    answers: () => answers.split('\n').slice(0, -1),
  };
}
