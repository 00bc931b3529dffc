import type { Writable } from 'node:stream';
import { describeFailure } from '../../common/errors.ts';
import { exitCodes } from '../../common/exit-codes.ts';
import { present } from '../../common/present.ts';
import { fold } from '../../common/text/fold.ts';
import { fromLayer } from '../../common/text/from-layer.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { wholePhases } from '../record/whole-phases.ts';
import {
  clockWarnings,
  count,
  duration,
  laterInWords,
  type Paint,
  painter,
  sign,
  verdictWord,
  widthOf,
  worstFirst,
} from './words.ts';

/** The end of a run for a person: verdict, first cause, checks, times, and where things lie. */
export function printSummary(
  run: RunRecord,
  to: {
    readonly stdout: Writable & { isTTY?: boolean; columns?: number };
    readonly env: NodeJS.ProcessEnv;
  },
): void {
  const paint = painter(to.stdout, to.env);
  const parts = [
    failures(run, paint),
    checks(run, paint),
    times(run, paint, widthOf(to.stdout)),
    places(run, paint),
  ];
  to.stdout.write(`\n${parts.filter((part) => part !== '').join('\n\n')}\n`);
}

function failures({ failures: all }: RunRecord, paint: Paint): string {
  const [first, ...others] = all;
  if (!first) return '';
  const parts = [`${paint('bold', 'First cause')}\n${indent(describeFailure(first))}`];
  const shown = others.slice(0, 5).map((failure) => {
    const text = describeFailure({ message: failure.message, ...nodeOf(failure) });
    return `${text}${paint('gray', laterInWords(failure, first))}`;
  });
  if (shown.length > 0) parts.push(`${paint('bold', 'After it')}\n${indent(shown.join('\n'))}`);
  if (others.length > 5) parts.push(indent(`… and ${others.length - 5} more, in run.json`));
  return parts.join('\n');
}

const nodeOf = ({ node, address, phase }: RunRecord['failures'][number]) => present({ node, address, phase });

function checks(run: RunRecord, paint: Paint): string {
  const all = spansOf(run, 'check');
  if (all.length === 0) return '';
  const lines = worstFirst(all).map((check) => {
    const line = `${sign(check.verdict, paint)} ${check.name}  ${paint('gray', duration(check.durationMs))}`;
    return check.detail && check.verdict !== 'pass' ? `${line}\n${indent(check.detail)}` : line;
  });
  return `${paint('bold', 'Checks')}\n${indent(lines.join('\n'))}`;
}

function times(run: RunRecord, paint: Paint, width: number): string {
  const sums = new Map<string, number>();
  for (const { name, durationMs } of wholePhases(run)) sums.set(name, (sums.get(name) ?? 0) + durationMs);
  const words = [...sums].map(([name, ms]) => `${name} ${paint('gray', duration(ms))}`);
  const layers = new Set(Object.values(run.layers ?? {}).map((layer) => fromLayer(layer, run.startedAt)));
  const lines = [
    ...fold(words, width - 7, paint('gray', ' · ')),
    ...[...layers].flatMap((layer) => fold(['install', ...layer.split(' ')], width - 7)),
  ];
  return words.length === 0 ? '' : `${paint('bold', 'Times')}  ${lines.join('\n       ')}`;
}

function places(run: RunRecord, paint: Paint): string {
  const lines = [
    `report  ./.shakedown/runs/${run.id}/report.html`,
    'nodes   nodes/<n>/files (what came back), logs, to_deploy (what was sent)',
    'log     tester.log',
  ];
  const problems = Object.values(run.collectProblems).flat().length;
  if (problems > 0)
    lines.push(`not all could be collected: ${count(problems, 'thing')}, listed in the report`);
  const unmatched = Object.values(run.unmatched ?? {}).flat();
  if (unmatched.length > 0) lines.push(`collect: nothing matches ${[...new Set(unmatched)].join(', ')}`);
  for (const warning of clockWarnings(run)) lines.push(`clock   ${warning}`);
  if (run.kept) {
    lines.push(`kept    the machines: 'shakedown rerun', 'shakedown shell 0', 'shakedown down'`);
  }
  return `${indent(lines.join('\n'))}\n\n${lastLine(run, paint)}`;
}

function lastLine(run: RunRecord, paint: Paint): string {
  const checks = spansOf(run, 'check');
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  const nodes = count(run.nodes.length, 'node');
  const parts = checks.length > 0 ? [nodes, `${passed} of ${checks.length} checks passed`] : [nodes];
  const interrupted = run.exitCode === exitCodes.interrupted ? ['interrupted'] : [];
  const text = [...interrupted, ...parts, duration(run.durationMs)].join(', ');
  return `${verdictWord(run.verdict, paint)}  ${run.scenario}: ${text}`;
}

const indent = (text: string): string => text.replace(/^/gm, '  ');
