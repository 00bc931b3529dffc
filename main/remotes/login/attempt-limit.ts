/** Seconds: a frozen or booting machine accepts the TCP connection and then says nothing. */
const shortest = 10;
const longest = 60;

/**
 * Seconds that one try to log in may take, after so many that were `tooLate`. On a machine under load a login
 * takes longer than on others: each try that was broken off then gives the next one twice the time, or none
 * would ever come to its end.
 */
export const attemptLimit = (tooLate: number, connectTimeout = 0): number =>
  Math.max(Math.min(longest, shortest * 2 ** tooLate), connectTimeout);
