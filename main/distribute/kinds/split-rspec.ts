import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../remotes/commands/shell-line.ts';
import type { SplitByTests } from './split-by-tests.ts';

const program = join(import.meta.dirname, 'loaders/part_of_rspec.rb');

/** By ids (`./spec/a_spec.rb[1:2]`), of which a file of ours that it requires leaves out some. */
export const splitRspec: SplitByTests = {
  idOf: (_, test) => test,
  leaveOut: (ids) => ({
    env: { SHAKEDOWN_LEFT_OUT: JSON.stringify(ids) },
    around: `printf %s ${shellQuote(readFileSync(program, 'utf8'))} >"$0.rb"
SPEC_OPTS="$SPEC_OPTS --require $0.rb" "$@"
code=$?
rm -f -- "$0.rb"
exit "$code"`,
  }),
};

/** By names, which the process that keeps it loaded is told. */
export const splitMinitest: SplitByTests = { idOf: (_, test) => test };
