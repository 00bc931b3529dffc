import { runScriptOnEach } from 'shakedown';

/** Tries the packages of a folder on two releases at once: `node on-each-release.ts FOLDER`. */
const [folder = '.'] = process.argv.slice(2);
const run = await runScriptOnEach({
  script: `${import.meta.dirname}/try-deb.sh`,
  with: folder,
  timeout: 120,
  machines: ['bookworm', 'trixie'].map((os) => ({ name: os, os })),
});
for (const { name, result, error } of run.machines) {
  console.log(name, result ? result.exitCode : error?.message, result?.durations ?? '');
}
process.exitCode = run.exitCode;
