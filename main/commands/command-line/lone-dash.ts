/** A lone `-`, for stdin, which cac would leave out of a command line. */
const standIn = '\0-';

export const hideDashes = (argv: readonly string[]): string[] =>
  argv.map((arg) => (arg === '-' ? standIn : arg));

export const showDash = (arg: string): string => (arg === standIn ? '-' : arg);
