import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ProviderChoice } from '../../config/define.ts';
import { readMachineFlags } from '../../config/machines/machine-flags.ts';
import { machinesOf } from '../../config/machines/machines.ts';
import { type ChooseKind, settleMachines } from '../../config/machines/settle-machines.ts';
import type { ConfigMistake } from '../../config/mistakes/mistake.ts';
import { expandRanges } from '../../providers/ssh/host-range.ts';
import { ssh } from '../../providers/ssh/ssh-options.ts';
import type { MachinesWish } from '../suite/distribution.ts';
import type { DistributeConfig, DistributeNode } from './distribute-config.ts';

/** What the command line says of the machines. */
export interface MachineWords {
  readonly nodes?: string;
  readonly count?: string;
  readonly provider?: string;
  readonly os?: string;
  readonly user?: string;
  /** A private key's file, absolute. */
  readonly key?: string;
  readonly runners?: number;
  readonly rebuild: boolean;
}

/**
 * The machines that a config and the command line ask for; undefined where they ask for none.
 * Throws UsageError that names every mistake.
 */
export async function wishMachines(
  config: DistributeConfig,
  words: MachineWords,
  directory: string,
  choose: ChooseKind,
): Promise<MachinesWish | undefined> {
  const mistakes: ConfigMistake[] = [];
  const { nodes, count, provider, os, user, key } = words;
  const flags = readMachineFlags(present({ nodes, count, provider, os }), mistakes);
  const wanted = configured(config) ?? (provider === undefined && nodes === undefined ? undefined : auto);
  if (!wanted && mistakes.length === 0) return undefined;
  const settled = await settleMachines({ nodes: wanted }, { machines: flags }, { directory, choose });
  mistakes.push(...settled.mistakes);
  const { nodes: choice } = settled.config as { readonly nodes: ProviderChoice };
  const complain = (mistake: { readonly path: string; readonly message: string }) =>
    mistakes.push({ source: nodes === undefined ? 'the machines' : '--nodes', ...mistake });
  const machines = mistakes.length > 0 ? [] : machinesOf(choice, complain);
  if (mistakes.length > 0) {
    const lines = mistakes.map(({ source, path, message }) =>
      [source, path, message].filter(Boolean).join(': '),
    );
    throw new UsageError(lines.join('\n'));
  }
  const own = flags.hosts === undefined ? runnersOf(config) : [];
  return {
    ...{ provider: choice.provider, options: choice.options, machines, rebuild: words.rebuild },
    login: present({ user, keyFile: key }),
    // What the command line says counts for all of them.
    runners: machines.map(({ id }) => words.runners ?? own[id] ?? config.runners),
  };
}

const auto: ProviderChoice = { provider: 'auto', options: { count: 1 } };

function configured({ nodes, machines }: DistributeConfig): ProviderChoice | undefined {
  if (nodes && machines) {
    throw new UsageError('distribute.config.ts: nodes and machines cannot go together.', {
      hint: 'a kind of several: machines: mixed({ … })',
    });
  }
  if (!nodes) return machines;
  return ssh(
    nodes.map((node) => {
      if (typeof node === 'string') return node;
      const { address, user } = node;
      return user === undefined ? address : `${user}@${address}`;
    }),
  );
}

/** By the machines' ids: a range of addresses stands for several. */
const runnersOf = ({ nodes = [] }: DistributeConfig): readonly (number | undefined)[] =>
  nodes.flatMap((node) => {
    const { address, runners }: DistributeNode = typeof node === 'string' ? { address: node } : node;
    return expandRanges(address).map(() => runners);
  });
