// The first `npm start` on a machine that has Debian 12, Node and npm, and nothing else: neither packages nor
// caches. `node bench/first-minute.ts [rounds] [folder]`, as root: each round on a new copy of such a root in
// a folder of its own in `folder` (/var/tmp; a tmpfs leaves the disk out), with processes and a network of
// its own. Prints what each step took, in s, and the load. `node bench/first-minute.ts -- COMMAND…` runs a
// command on such a machine instead, by hand.
import { mkdtempSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { discard, makeBareRoot, newMachine } from './first-minute/bare-root.ts';
import { enter } from './first-minute/enter.ts';
import { StepTimes } from './first-minute/step-times.ts';
import { median } from './measure/median.ts';

const dashes = process.argv.indexOf('--');
const command = dashes < 0 ? ['npm', 'start'] : process.argv.slice(dashes + 1);
const [rounds = '1', folder = '/var/tmp'] = process.argv.slice(2, dashes < 0 ? undefined : dashes);
const place = mkdtempSync(join(folder, 'shakedown-first-minute-'));
const load = () => loadavg()[0]?.toFixed(0);

// The machine ends with whoever is on it; what it lay in is taken away below.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
try {
  const bare = join(place, 'bare');
  await makeBareRoot(bare);
  if (dashes >= 0) {
    newMachine(bare, join(place, 'machine'));
    process.exitCode = await enter(join(place, 'machine'), command);
  } else for (const line of await measured(bare)) console.log(line);
} finally {
  discard(place);
}

async function measured(bare: string): Promise<string[]> {
  const all: Map<string, number>[] = [];
  for (let round = 1; round <= Number(rounds); round++) {
    const machine = join(place, `machine${round}`);
    newMachine(bare, machine);
    const before = load();
    const times = new StepTimes();
    const status = await enter(machine, command, (line) => {
      console.log(`${times.see(line).toFixed(1).padStart(6)} ${line}`);
    });
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
    const steps = times.done();
    all.push(steps);
    console.log(`round ${round}, load ${before} to ${load()}: ${shown(steps)}`);
    discard(machine);
  }
  const names = [...(all[0]?.keys() ?? [])];
  const middle = new Map(names.map((name) => [name, median(all.map((steps) => steps.get(name) ?? 0))]));
  return [`median of ${rounds}: ${shown(middle)}`];
}

function shown(steps: ReadonlyMap<string, number>): string {
  return [...steps].map(([name, s]) => `${name} ${s.toFixed(1)} s`).join(', ');
}
