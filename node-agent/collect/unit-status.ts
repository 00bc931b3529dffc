import { runProcess } from '../process.ts';
import { failedUnits } from '../systemd/units.ts';
import { briefStatus } from './brief-status.ts';

/** What systemd says of units, each as `systemctl status` shows it, and which have failed. */
export interface UnitStatus {
  /** In the order in which they were asked for; empty for a unit that does not exist. */
  readonly units: readonly string[];
  /** The list of those that have failed, and the status of each. */
  readonly failed: string;
}

/** Bytes of all that is told. */
const most = 8 * 1024 * 1024;

/**
 * Asks systemd for the status of units and of all that have failed. Where none has failed, its properties
 * tell enough, and no program is started; else systemctl(1) tells all there is, in two looks, however many
 * they are.
 */
export async function unitStatus(units: readonly string[]): Promise<UnitStatus> {
  const bad = await failedUnits();
  if (bad?.length === 0)
    return { units: await Promise.all(units.map(briefStatus)), failed: 'no unit has failed\n' };
  const list = await ask(['--failed']);
  const failed = [...list.stdout.matchAll(/^\W*([\w\\:@.-]+\.\w+)\s+\S+\s+failed\s/gm)].map(
    ([, id = '']) => id,
  );
  const asked = [...units, ...failed];
  if (asked.length === 0) return { units: [], failed: list.stdout };
  const { stdout, stderr } = await ask(['--lines=100', 'status', '--', ...asked]);
  const texts = perUnit(asked, stdout, stderr);
  const all = [list.stdout, ...failed.map((_, index) => texts[units.length + index] ?? '')];
  return { units: units.map((_, index) => texts[index] ?? ''), failed: all.join('\n') };
}

/** The text of each unit that was asked for, of `systemctl status` for them all. */
export function perUnit(asked: readonly string[], stdout: string, stderr: string): string[] {
  const missing = new Set(
    [...stderr.matchAll(/^Unit (\S+) could not be found/gm)].map(([, unit = '']) => nameOf(unit)),
  );
  // Each begins with a sign for its state and its name; its journal's lines begin with a date, or a space.
  const texts = stdout.split(/^(?=\S [\w\\:@.-]+\.[a-z]+(?: - |$))/m).filter((text) => text.trim() !== '');
  const byName = Map.groupBy(texts, (text) => nameOf(text.split(' ', 2)[1]?.trim() ?? ''));
  const there = asked.filter((unit) => !missing.has(nameOf(unit)));
  // By another name of its own a unit is found by its place.
  const inOrder = texts.length === there.length;
  return asked.map((unit) => {
    const place = there.indexOf(unit);
    if (place < 0) return '';
    return `${(inOrder ? texts[place] : byName.get(nameOf(unit))?.[0])?.trimEnd() ?? ''}\n`;
  });
}

const nameOf = (unit: string): string => (/\.[a-z]+$/.test(unit) ? unit : `${unit}.service`);

/** Its exit codes say nothing: there is one for each state. */
async function ask(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return await runProcess(['systemctl', '--no-pager', '--full', ...args], { timeout: 30, most });
}
