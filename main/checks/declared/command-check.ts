import type { CommandResult } from '../../../common/results.ts';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import type { Finding } from './attempts.ts';
import { type Look, TargetCheck } from './target-check.ts';
import type { Target } from './targets.ts';

type CommandSpec = DeclaredCheck & { kind: 'command' };

/**
 * A shell command's exit code and output: on the main host, in the scenario's
 * folder, or on each node of `on`.
 */
export class CommandCheck extends TargetCheck<CommandSpec> {
  protected look({ node }: Target, cluster: ClusterUnderTest): Look {
    const { command, exitCode, stdout, within } = this.spec;
    const output = stdout === undefined ? '' : ` and print what matches /${stdout}/`;
    return {
      expected: `'${command}' to exit ${exitCode}${output}`,
      attempt: async (ending) => {
        // The signal ends it when the time is up; the limit only backs it.
        const params = [command, { timeout: within + 1 }] satisfies [string, object];
        const asked = { signal: ending };
        const result = await (node
          ? cluster.ask('node', 'exec', { node: node.id }, params, asked)
          : cluster.ask('main', 'exec', {}, params, asked));
        return judge(result, this.spec);
      },
    };
  }
}

function judge(result: CommandResult, { exitCode, stdout }: CommandSpec): Finding {
  const detail = [result.stdout, result.stderr]
    .map((text) => text.trimEnd())
    .filter(Boolean)
    .join('\n')
    .slice(-2000);
  if (result.exitCode !== exitCode) {
    const how = result.exitCode === null ? `signal ${result.signal}` : `exit ${result.exitCode}`;
    const [lastLine] = detail.split('\n').slice(-1);
    return { found: lastLine ? `${how}: ${lastLine}` : how, detail };
  }
  if (stdout !== undefined && !new RegExp(stdout).test(result.stdout)) {
    return { found: result.stdout === '' ? 'no output' : 'other output', detail };
  }
  return undefined;
}
