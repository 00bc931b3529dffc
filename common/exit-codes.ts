/**
 * What our programs exit with. A command that ends with a code of its own (exec, shell, script) gives that.
 */
export const exitCodes = {
  pass: 0,
  /** The system under test is wrong. */
  fail: 1,
  /** A mistake on the command line or in a config; no machine was touched. */
  usage: 2,
  /** We could not tell: machine, network, package mirror, or us. */
  error: 3,
  interrupted: 130,
  /** Whoever read our output has gone: 128 and SIGPIPE, as of a program that it killed. */
  brokenPipe: 141,
} as const;
