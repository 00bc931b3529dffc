import { posix } from 'node:path';
import { asShakedownError } from '../../../common/errors.ts';
import type { Batch, PartOfFile } from '../hand-out/batch.ts';
import { type EndedProcess, type Judgement, judge, takenDownBy, wrongWith } from '../results/judge.ts';
import { ProcessOutput } from '../results/process-output.ts';
import { isBad, type RanWhere, type TestResult } from '../results/test-result.ts';
import type { Runner, Seat } from '../seats/seat.ts';
import type { TestCommand } from '../suite/test-command.ts';
import type { Executor, Halt } from './executor.ts';
import { putDown } from './put-down.ts';
import { runProcess } from './run-process.ts';
import type { ProcessEnd } from './start-process.ts';
import { timeLimitOf } from './time-limits.ts';
import type { Place, Work } from './work.ts';

/** Bytes of a report that are read at most. */
const maxReport = 64 * 1024 ** 2;

/** Gives each batch a process of its own, and waits for that. */
export class ColdExecutor implements Executor {
  readonly #seat: Seat;
  readonly #runner: Runner;
  readonly #work: Work;
  readonly #halted: (halt: Halt) => void;
  readonly wants = 'process';

  constructor({ seat, runner, work }: Place, halted: (halt: Halt) => void) {
    this.#seat = seat;
    this.#runner = runner;
    this.#work = work;
    this.#halted = halted;
  }

  async give(batch: Batch): Promise<void> {
    const { how } = await runBatch(this.#seat, this.#runner, batch, this.#work);
    if (how.kind === 'lost' || how.kind === 'stopped') this.#halted(how);
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {}
}

async function runBatch(seat: Seat, runner: Runner, batch: Batch, work: Work): Promise<ProcessEnd> {
  const { suite, distribution, log, directory, signal, clock } = work;
  const { command, limits } = distribution;
  const { files } = batch;
  suite.begin(runner.id, seat.name, batch);
  const title = files.length === 1 ? (files[0] ?? '') : `${files[0]} and ${files.length - 1} more`;
  const output = new ProcessOutput(directory, `${String(batch.id).padStart(5, '0')}-${files[0]}`);
  const ran: RanWhere = {
    node: seat.id,
    runner: runner.id,
    startedAt: clock(),
    with: files,
    output: output.path,
  };
  const report = posix.join(seat.reports, `${runner.id}-${batch.id}.xml`);
  const part = suite.queue.files.partOf(files[0] ?? '');
  const { argv, env } = command.process(part ? [part.file] : files, report, part?.leftOut);
  const source = { node: seat.name, runner: runner.id, of: title };
  const end = await runProcess(seat.agent, {
    ...{ argv, cwd: seat.project, env: { ...runner.env, ...env }, output, signal, memory: limits.memory },
    lines: [log.lines(source), log.lines(source)],
    within: timeLimitOf(files, work),
    ...{ silence: limits.silence, cancelled: batch.cancelled },
  });
  const cases = await readReport(seat, report, end, work);
  await output.end();
  await settle(ran, end, { seat, cases, output, work });
  suite.processEnded({ ran, took: end.took });
  work.processEnded(ran, end, output);
  suite.telling.ended(runner.id);
  return end;
}

interface Ended {
  readonly seat: Seat;
  readonly cases: EndedProcess['report'];
  readonly output: ProcessOutput;
  readonly work: Work;
}

/** Puts down what came of the files of a process. */
async function settle(ran: RanWhere, end: ProcessEnd, { seat, cases, output, work }: Ended): Promise<void> {
  const { suite, distribution } = work;
  const { how, took } = end;
  if (how.kind === 'stopped' || how.kind === 'cancelled') return;
  const fell = takenDownBy(how, seat.name);
  if (fell !== undefined) {
    suite.fell(ran, ran.with, fell, took);
    return;
  }
  const { emptyCodes, mustReport } = distribution.command;
  const [name = ''] = ran.with;
  const part = suite.queue.files.partOf(name);
  const files = part ? [part.file] : ran.with;
  const found = judge({ files, folder: seat.project, end, report: cases, emptyCodes, mustReport });
  const judged = part ? ofPart(found, name, part, distribution.command) : found;
  const last = output.lines(1)[0];
  // Together they may need more than each of them does.
  if (how.kind === 'memory' && judged.apart.length > 0) suite.queue.apart(ran.runner, judged.apart);
  else {
    const why = [wrongWith(how), last].filter(Boolean).join(': ');
    await putDown({ ran, judged, why, took }, { seat, work });
  }
}

/** What came of a part's own tests. */
function ofPart(
  { results, ...judged }: Judgement,
  name: string,
  { file, leftOut }: PartOfFile,
  { splitting }: TestCommand,
): Judgement {
  const isOther = ({ id: told, name: test, verdict }: TestResult): boolean => {
    const id = isBad({ verdict }) ? undefined : splitting?.idOf(file, told ?? test);
    return id !== undefined && splitting?.tellsOf?.(id, leftOut, file) === true;
  };
  const own = results.map((one) => ({
    ...{ ...one, file: name },
    tests: one.tests.filter((test) => !isOther(test)),
  }));
  return { ...judged, results: own };
}

/** The cases of the report that a process left, or why it cannot be read. */
async function readReport(
  { agent }: Seat,
  path: string,
  { how }: ProcessEnd,
  { distribution, signal }: Work,
): Promise<EndedProcess['report']> {
  const noUse = how.kind === 'stopped' || how.kind === 'cancelled' || how.kind === 'lost';
  if (!distribution.command.reports || noUse) return undefined;
  try {
    const bytes = await agent.readFile(path, { maxBytes: maxReport, signal });
    return await distribution.command.read(bytes.toString('utf8'));
  } catch (error) {
    const look = agent.exec(['test', '-s', path], { signal });
    const why = `no report of its tests can be read: ${asShakedownError(error).message}`;
    return { why, broken: await look.then(({ exitCode }) => exitCode === 0).catch(() => false) };
  } finally {
    void agent.exec(['rm', '-f', '--', path], { signal }).catch(() => undefined);
  }
}
