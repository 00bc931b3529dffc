import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../main/record/run-result.ts';
import { program } from './package-program.ts';

/** Runs shakedown in a folder: the ms that it took, and what the run came to. */
export function timedRun(directory: string, args: readonly string[]): { wall: number; run: RunResult } {
  const from = performance.now();
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: directory, stdio: 'ignore' });
  if (status !== 0) throw new Error(`shakedown ${args.join(' ')} ended with ${status}`);
  const wall = performance.now() - from;
  const told = readFileSync(join(directory, '.shakedown/runs/latest/run.json'), 'utf8');
  return { wall, run: JSON.parse(told) };
}
