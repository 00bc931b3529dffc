/** What helps against errors of the system (errno(3)) that are of the main host's making, not of ours. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on that disk',
  EDQUOT: 'make room on that disk: the quota is used up',
  EROFS: 'use a folder that can be written to',
  EACCES: 'give permission there, or use another folder',
  EPERM: 'give permission there, or use another folder',
  EMFILE: "raise the limit of open files: 'ulimit -n'",
  ENFILE: 'raise the limit of open files: sysctl fs.file-max',
};

/** The remedy, as an imperative sentence; undefined for any other error. */
export function remedyFor(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(remedies, code) ? remedies[code] : undefined;
}

/** Whether it is, or comes from, a lack of space on a disk of the main host. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || isDiskFull(error.cause);
}
