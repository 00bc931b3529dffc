import { setFlagsFromString } from 'node:v8';

/** ms. */
const begins = 10_000;

/**
 * For an agent's first seconds V8 makes machine code only of what is called again and again (V8's flag
 * `sparkplug`). Most agents have ended by then, and compiling took them longer than they gained. Given at the
 * start, the flag would have V8 refuse what was compiled before.
 */
setFlagsFromString('--no-sparkplug');
setTimeout(() => setFlagsFromString('--sparkplug'), begins).unref();
