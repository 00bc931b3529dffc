/** The last lines of what a program printed, and the log that has all of it. */
export function endOf(output: string, name: string, folder?: string): string;
/** Text whose long lines are broken between words and go on indented, for a terminal that is so wide; else as it is. */
export function wrapped(text: string, columns: number | undefined): string;
