import { stripVTControlCharacters } from 'node:util';
import type { SerializedError, UserConsoleLog } from 'vitest';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import type { MessageConnection, NotificationType } from 'vscode-jsonrpc/node';
import { isWanted } from '../check-filter.ts';
import type { HostOrder, Trouble } from './check-protocol.ts';
import * as protocol from './check-protocol.ts';
import { troubleOf } from './trouble.ts';

/** Tells the main process what happens in Vitest, as it happens. */
export class VitestReporter implements Reporter {
  readonly #connection: MessageConnection;
  readonly #order: HostOrder;
  #vitest: Vitest | undefined;

  constructor(connection: MessageConnection, order: HostOrder) {
    this.#connection = connection;
    this.#order = order;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestModuleCollected(module: TestModule): void {
    const tests = this.#wanted(module).map(({ id, fullName }) => ({ id, name: fullName }));
    this.#tell(protocol.fileCollected, { file: module.moduleId, tests });
  }

  onTestCaseResult(test: TestCase): void {
    if (!isWanted(test.fullName, this.#order.filter)) return;
    const result = test.result();
    if (result.state === 'pending') return;
    const [error] = result.state === 'failed' ? result.errors : [];
    const note = result.state === 'skipped' ? (result.note ?? skipNote(test)) : undefined;
    this.#tell(protocol.testEnded, {
      file: test.module.moduleId,
      id: test.id,
      name: test.fullName,
      state: result.state,
      durationMs: Math.round(test.diagnostic()?.duration ?? 0),
      ...(error && { trouble: this.#trouble(error) }),
      ...(note && { note }),
    });
  }

  onTestModuleEnd(module: TestModule): void {
    const suites = [...module.children.allSuites()];
    const troubles = [
      ...module.errors().map((error) => this.#trouble(error)),
      ...suites.flatMap((suite) =>
        suite.errors().map((error) => ({ ...this.#trouble(error), suite: suite.fullName })),
      ),
    ];
    const names = [...module.children.allTests()].map((test) => test.fullName);
    const unwanted = names.filter((name) => !isWanted(name, this.#order.filter));
    this.#tell(protocol.fileEnded, { file: module.moduleId, tests: names.length, unwanted, troubles });
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    // A worker that ended is known to the main process, which can say more about it.
    const own = errors.filter(({ message }) => !String(message).startsWith('[vitest-pool]'));
    const troubles = own.map((error) => {
      const { VITEST_TEST_NAME: during, VITEST_TEST_PATH: file } = error;
      const named = typeof during === 'string' ? { during } : {};
      const placed = typeof file === 'string' ? { file } : {};
      return { ...this.#trouble(error), ...named, ...placed };
    });
    this.#tell(protocol.allEnded, { troubles });
  }

  onUserConsoleLog(log: UserConsoleLog): void {
    const entity =
      log.taskId === undefined ? undefined : this.#vitest?.state.getReportedEntityById(log.taskId);
    const where = entity === undefined || entity.type === 'module' ? '' : entity.fullName;
    this.#tell(protocol.output, { where, text: stripVTControlCharacters(log.content) });
  }

  #trouble(error: SerializedError): Trouble {
    return troubleOf(error, this.#order.scenarioDirectory);
  }

  #wanted(module: TestModule): TestCase[] {
    return [...module.children.allTests()].filter((test) => isWanted(test.fullName, this.#order.filter));
  }

  async #tell<P>(type: NotificationType<P>, params: P): Promise<void> {
    try {
      await this.#connection.sendNotification(type.method, params);
    } catch {
      // The main process is gone, and so is this one in a moment.
    }
  }
}

function skipNote(test: TestCase): string {
  if (test.options.mode === 'todo') return 'to be written';
  return test.options.mode === 'skip' ? 'skipped in the check file' : 'not run: a hook before it failed';
}
