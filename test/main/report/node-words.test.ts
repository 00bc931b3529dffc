import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import type { CheckResult } from '../../../common/results.ts';
import { PlainFace } from '../../../main/report/plain-face.ts';
import { printSummary } from '../../../main/report/summary.ts';
import { TerminalFace } from '../../../main/report/terminal-face.ts';
import { run } from '../../../main/run/run.ts';
import { fakeScenario, fakeWorld } from '../../fakes/fake-world.ts';

/** Sets a terminal's title, clears it, turns the direction of writing, and forges lines. */
const evil = 'x\u001b]0;owned\u0007\u001b[2J\u009b1m\u202e\u2066\r\nPASS  forged\r\n00:00:00.000 forged\n';

const acting =
  /\u001b\]|\u001b\[2J|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;
const forged = /^(PASS {2}|00:00:00.000 )forged/m;

test('what nodes and checks say acts on no terminal, and forges no line, wherever it is told', async () => {
  const check: CheckResult = {
    ...{ name: `check ${evil}`, kind: 'test', verdict: 'fail', durationMs: 1 },
    ...{ message: `message ${evil}`, detail: `detail ${evil}` },
  };
  const world = fakeWorld({
    checks: [check],
    call: { planCollection: new ShakedownError({ message: evil, lastLines: [evil] }) },
    duringChecks: (world) => {
      world.die(0, { name: evil, exitCode: 1, signal: evil, agoMs: 0, lastLines: [evil, evil] });
    },
  });
  const result = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
  expect(result.failures.length).toBeGreaterThan(1);

  const [plain, terminal, summary] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const face = new PlainFace(plain, {}, new AbortController().signal);
  const picture = new TerminalFace(terminal, { NO_COLOR: '1' }, new AbortController().signal);
  for (const event of world.events) for (const each of [face, picture]) each.handle(event);
  for (const each of [face, picture]) each.close();
  printSummary(result, { stdout: summary, env: {} });
  const told = [plain, terminal, summary].map((stream) => String(stream.read()));

  const latest = join(world.directory, '.shakedown/runs/latest');
  const files = readdirSync(latest, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(6);
  for (const entry of files) told.push(readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  for (const text of told) {
    expect(text).not.toMatch(acting);
    // XML and HTML have marks around what is said.
    if (!text.startsWith('<')) expect(text).not.toMatch(forged);
  }
  expect(told.filter((text) => text.includes('forged')).length).toBeGreaterThan(5);
});
