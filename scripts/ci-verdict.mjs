// Reads Vitest's JSON report and closes CI's output: where the time went, what is wrong, and one line that counts. A
// skipped test is a failure here, because CI has all that the tests on real machines need; so is one that leaves
// something in the checkout or in the folders for temporary files.
import { readFileSync } from 'node:fs';

const [file, status, left = ''] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  console.log(`npm test ended with status ${status} before any test ran`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const tests = report.testResults.flatMap((result) => result.assertionResults);
printTimes(report.testResults);
printSlowest(tests);
const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
for (const test of skipped) console.log(`skipped, which CI does not allow: ${test.fullName}`);
const passed = tests.filter((test) => test.status === 'passed').length;
let failed = tests.filter((test) => test.status === 'failed').length;
if (failed === 0 && Number(status) !== 0) {
  console.log(`npm test ended with status ${status} though no test failed`);
  failed += 1;
}
const remains = left.split('\n').filter((line) => line.trim() !== '');
for (const line of remains) console.log(`left by the tests, which CI does not allow: ${line}`);
if (remains.length > 0) failed += 1;
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed > 0 || skipped.length > 0 || passed === 0 ? 1 : 0);

/** How much was done side by side, and the files that took longest: test/longest-first.ts has their order. */
function printTimes(files) {
  const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`;
  const took = ({ startTime, endTime }) => endTime - startTime;
  const onMachines = files.filter(({ name }) => name.includes('/e2e/'));
  const others = files.filter((one) => !onMachines.includes(one));
  console.log('');
  for (const [what, some] of Object.entries({ 'on machines': onMachines, others })) {
    if (some.length === 0) continue;
    const span =
      Math.max(...some.map(({ endTime }) => endTime)) - Math.min(...some.map(({ startTime }) => startTime));
    const all = some.reduce((sum, one) => sum + took(one), 0);
    console.log(`Tests ${what}: ${some.length} files, ${seconds(all)} of them within ${seconds(span)}`);
  }
  console.log('The slowest thirty files:');
  for (const one of files.toSorted((a, b) => took(b) - took(a)).slice(0, 30))
    console.log(`${seconds(took(one)).padStart(9)}  ${one.name.replace(/^.*\/test\//, '')}`);
}

/** The twenty that CI's time goes to; where it grows, it grows here. */
function printSlowest(all) {
  const slowest = all.toSorted((a, b) => (b.duration ?? 0) - (a.duration ?? 0)).slice(0, 20);
  console.log('\nThe slowest twenty tests:');
  for (const { duration = 0, fullName } of slowest) {
    console.log(`${(duration / 1000).toFixed(1).padStart(7)} s  ${fullName}`);
  }
}
