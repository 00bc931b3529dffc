// Writes every kind of report of a run with very many checks: `node write-large-reports.ts FOLDER CHECKS`.
import { Recorder } from '../../../main/record/recorder.ts';
import { reporters } from '../../../main/report/reporters.ts';

const [folder = '', checks] = [process.argv[2], Number(process.argv[3])];
const recorder = new Recorder(
  () => undefined,
  () => 1e12,
);
for (let index = 0; index < checks; index += 1) {
  recorder.span({
    ...{ kind: 'check', type: 'test', name: `Shop sells <${index}>`, subject: `spec/${index % 500}_spec.rb` },
    ...{ verdict: index % 100 === 0 ? 'skip' : 'pass', startMs: index, durationMs: index % 50 },
  });
}
const run = recorder.result({
  ...{ id: 'x', scenario: 'shop', directory: folder, provider: 'ssh', nodes: [], kept: undefined },
  versions: { shakedown: '1', node: process.version },
});
for (const { report } of reporters) await report(run, folder);
