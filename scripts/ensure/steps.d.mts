/** The last lines of what a program printed, and the log that has all of it. */
export function endOf(output: string, name: string, folder?: string): string;
