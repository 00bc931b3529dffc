import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';
import { readMachineFlags } from '../../config/machines/machine-flags.ts';
import type { ConfigMistake } from '../../config/mistakes/mistake.ts';
import { machineFields } from '../../providers/machine-options.ts';
import { matrixOf, optionValue } from '../../script/cells/machine-cells.ts';
import type { ScriptMachine } from '../../script/script-options.ts';
import type { CommandOptions } from '../command.ts';

/** What a flag that may be repeated was given. */
export const list = (value: unknown): readonly string[] =>
  value === undefined ? [] : [value].flat().map(String);

/** The machines that the flags of `shakedown script` ask for. Throws UsageError. */
export function scriptMachines(options: CommandOptions): readonly ScriptMachine[] {
  const mistakes: ConfigMistake[] = [];
  const flags = ['nodes', 'count', 'provider', 'os'].flatMap((name) =>
    options[name] === undefined ? [] : [[name, String(options[name])]],
  );
  const { hosts, count, provider, os } = readMachineFlags(Object.fromEntries(flags), mistakes);
  const matrix = list(options.matrix);
  const packages = list(options.package);
  if (hosts) {
    for (const name of ['matrix', 'package', 'machine']) {
      if (options[name] === undefined) continue;
      const message = 'cannot go together with --nodes: the machines are there already';
      mistakes.push({ source: `--${name}`, message });
    }
  }
  if (mistakes.length > 0) {
    throw new UsageError(mistakes.map(({ source, message }) => `${source}: ${message}`).join('\n'));
  }
  if (hosts) return [{ provider: 'ssh', hosts }];
  const base: ScriptMachine = {
    ...Object.fromEntries(list(options.machine).map(machineOption)),
    ...(provider === undefined ? {} : { provider }),
    ...(os === undefined ? {} : { os }),
    ...(count === undefined ? {} : { count }),
    ...(packages.length === 0 ? {} : { packages }),
  };
  if (provider === 'ssh' && options.machine === undefined) {
    throw new UsageError('--provider ssh: which machines?', { hint: '--nodes a,b,c' });
  }
  const twice = matrix.map((each) => each.split('=', 1)[0] ?? '').find((key) => key in base);
  if (twice !== undefined)
    throw new UsageError(`--matrix ${twice}=…: ${twice} has a value already, by another flag.`);
  return matrixOf(base, matrix);
}

function machineOption(written: string): readonly [string, unknown] {
  const [, name, value = ''] = /^([A-Za-z]\w*)=(.*)$/s.exec(written) ?? [];
  if (name !== undefined) return [name, optionValue(value)];
  const near = closest(written.split('=', 1)[0] ?? '', Object.keys(machineFields));
  throw new UsageError(`--machine takes name=value; found '${written}'.`, {
    hint: `--machine ${near ?? 'memory'}=VALUE`,
  });
}
