import { readProve } from '../results/read-reports.ts';
import type { Kind } from './kind.ts';

/**
 * What prove says, when it began, and what each test file said, which it keeps in a folder (TAP::Harness,
 * "ENVIRONMENT VARIABLES"), with the time of the end. Where not all of it can be kept, nothing is.
 */
const keepTap = `tap=$0.tap
mkdir -- "$tap"
perl -MTime::HiRes=time -e 'printf "=== began at %.3f\\n", time' >"$0"
{ PERL_TEST_HARNESS_DUMP_TAP=$tap "$@"; echo $? >"$0.code"; } | { tee -a -- "$0" || rm -f -- "$0"; }
perl -MTime::HiRes=stat -MFile::Find -e '
  my ($tap) = @ARGV;
  find({ no_chdir => 1, wanted => sub {
    return unless -f;
    open my $file, "<", $_ or die "$_: $!";
    printf "\\n=== TAP of %s, ended at %.3f\\n", substr($_, 1 + length $tap), (stat $file)[9];
    print while <$file>;
  } }, $tap);
  close STDOUT or die $!;' "$tap" >>"$0" || rm -f -- "$0"
read -r code <"$0.code"
rm -rf -- "$tap" "$0.code"
exit "$code"`;

/** Perl's: a file prints TAP. */
export const prove: Kind = {
  name: 'prove',
  recognise: ({ files }) =>
    ['Makefile.PL', 'Build.PL', 'cpanfile', 'dist.ini'].some((name) => files.includes(name)) &&
    files.some((path) => /^t\/.*\.t$/.test(path)),
  files: ['t/**/*.t'],
  command: () => ['prove', '-l', '{files}'],
  runs: /(^|[\s/])prove(\s|$)/,
  reporting: () => ({ around: keepTap }),
  read: readProve,
};
