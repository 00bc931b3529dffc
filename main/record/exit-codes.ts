/** What the process ends with, by what a run came to. */
export const exitCodes = { pass: 0, fail: 1, usage: 2, error: 3, interrupted: 130 } as const;
