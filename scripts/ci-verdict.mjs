// Reads Vitest's JSON report and closes CI's output with one line that counts; a skipped test is a failure here,
// because CI has all that the tests on real machines need.
import { readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  console.log(`npm test ended with status ${status} before any test ran`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const tests = report.testResults.flatMap((result) => result.assertionResults);
const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
for (const test of skipped) console.log(`skipped, which CI does not allow: ${test.fullName}`);
const passed = tests.filter((test) => test.status === 'passed').length;
let failed = tests.filter((test) => test.status === 'failed').length;
if (failed === 0 && Number(status) !== 0) {
  console.log(`npm test ended with status ${status} though no test failed`);
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed > 0 || skipped.length > 0 || passed === 0 ? 1 : 0);
