// Keeps Vitest loaded: the project's own, by its API for programs, in its folder. Its server and what it has
// transformed stay; each file has a worker as the project's config has it. It reads from descriptor 8 a line
// of JSON for each message, {"run": [paths]}, and writes to 9 one for each of "ready", "begin", "test", "end",
// "late"; see warm-message.ts. What the tests say ends with a mark in stderr where a file ends.
import { createReadStream, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const mark = `\x1e${process.env.SHAKEDOWN_WARM}\n`;
delete process.env.SHAKEDOWN_WARM;

const say = (message) => {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(9, rest));
};

/** What was written before is on its way. */
const flushed = (stream, text) => new Promise((done) => stream.write(text, () => done()));

const endOutput = async () => {
  await flushed(process.stdout, '');
  await flushed(process.stderr, mark);
};

/** The names of its groups and its own. */
function namesOf(test) {
  const names = [test.name];
  for (let above = test.parent; above && above.type !== 'module'; above = above.parent)
    names.unshift(above.name);
  return names;
}

const verdicts = { passed: 'pass', failed: 'fail' };

const firstLine = (text) => String(text).split('\n', 1)[0];

const reporter = {
  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    const [error] = errors;
    const detail = error && (error.stack || error.message);
    const said = detail ? { message: firstLine(detail), detail } : {};
    const ms = test.diagnostic()?.duration ?? 0;
    const names = namesOf(test);
    const id = names.length > 1 ? { id: names.join(' > ') } : {};
    // As Vitest's own JSON reporter joins them.
    say({ test: { name: names.join(' '), ...id, verdict: verdicts[state] ?? 'skip', ms, ...said } });
  },
  onTestModuleEnd(module) {
    const [error] = module.errors();
    // A file that cannot be loaded has no tests.
    if (!error || module.children.size > 0) return;
    const { message } = error;
    say({
      test: { name: '(loading)', verdict: 'fail', ms: 0, message: firstLine(message), detail: message },
    });
  },
};

const { createVitest, parseCLI, version } = await import(
  pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve('vitest/node')).href
);
if (Number.parseInt(version, 10) < 3) throw new Error(`Vitest ${version} is older than 3`);
const { options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const vitest = await createVitest('test', { ...options, watch: false });
vitest.reporters.push(reporter);
await (vitest.standalone ?? vitest.init).call(vitest);

/** What went wrong beside its tests, if anything. */
async function run(file) {
  const specifications = vitest.getModuleSpecifications(resolve(file));
  if (specifications.length === 0) return 'no project of Vitest’s includes it';
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const [error] = unhandledErrors.map((each) => firstLine(each?.message ?? each));
  vitest.state.clearErrors();
  if (error !== undefined) return error;
  const failed = testModules.find((each) => each.errors().length > 0 && each.children.size > 0);
  return failed && firstLine(failed.errors()[0].message);
}

await endOutput();
say({ ready: true });
for await (const line of createInterface({ input: createReadStream('', { fd: 8 }) })) {
  for (const file of JSON.parse(line).run) {
    say({ begin: file });
    const begin = performance.now();
    const message = await run(file);
    await endOutput();
    say({ end: { file, ms: performance.now() - begin, ...(message && { message }) } });
  }
}
try {
  await vitest.close();
} catch (error) {
  say({ late: { message: String(error?.message ?? error) } });
}
process.exit();
