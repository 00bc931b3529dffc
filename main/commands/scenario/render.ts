import { join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { UsageError } from '../../../common/errors.ts';
import type { PlannedNode } from '../../cluster/node.ts';
import { planNodes } from '../../phases/plan.ts';
import { printable } from '../../render/template-mistake.ts';
import type { RenderedEntry } from '../../render/tree.ts';
import { writeTree } from '../../render/write-tree.ts';
import { maskFiles } from '../../secrets/mask-files.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Command } from '../command.ts';
import { scenarioIn } from './load-scenario.ts';
import { previewMachines } from './previewed-nodes.ts';
import { refuseUnlessEmpty } from './refuse-unless-empty.ts';
import { scenarioFlags } from './scenario-flags.ts';

export const renderCommand: Command = async ([folder = '.'], options, environment) => {
  const { cwd, env, stdout } = environment;
  const scenario = await scenarioIn(folder, scenarioFlags(options), environment);
  const planned = await planNodes(scenario, await previewMachines(scenario), env);
  const chosen = options.node === undefined ? planned : [chooseNode(planned, String(options.node))];
  const { secrets } = scenario;
  if (options.out === undefined) for (const node of chosen) print(node, stdout, secrets);
  else await write(chosen, resolve(cwd, String(options.out)), { cwd, stdout, secrets });
  return 0;
};

function chooseNode(nodes: readonly PlannedNode[], wanted: string): PlannedNode {
  const found = nodes.find(({ id, machine }) => String(id) === wanted || machine.name === wanted);
  if (found) return found;
  const known = nodes.map(({ id, machine }) => `${id} (${machine.name})`).join(', ');
  throw new UsageError(`There is no node '${wanted}'; there are: ${known}.`);
}

/** Each entry's name, and the text of those that were made from templates. */
function print({ id, machine, config, tree }: PlannedNode, stdout: Writable, secrets: Secrets): void {
  stdout.write(`### node ${id} ${machine.name} (${machine.address}), in ${config.workingDir}\n`);
  for (const entry of tree.entries) {
    stdout.write(`${header(entry)}\n`);
    if (entry.type !== 'file' || !('bytes' in entry.content)) continue;
    const text = secrets.mask(entry.content.bytes.toString('utf8'));
    stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
  }
  stdout.write('\n');
}

function header(entry: RenderedEntry): string {
  const mode = (entry.mode & 0o7777).toString(8).padStart(4, '0');
  const path = printable(entry.path);
  if (entry.type === 'directory') return `--- ${path}/  ${mode}`;
  if (entry.type === 'link') return `--- ${path} -> ${printable(entry.target)}`;
  const source = 'bytes' in entry.content ? `, from ${printable(entry.source)}` : ', as it is';
  return `--- ${path}  ${mode}, ${entry.size} bytes${source}`;
}

async function write(
  nodes: readonly PlannedNode[],
  directory: string,
  { cwd, stdout, secrets }: { readonly cwd: string; readonly stdout: Writable; readonly secrets: Secrets },
): Promise<void> {
  const folders = nodes.map((node) => join(directory, String(node.id)));
  for (const folder of folders)
    await refuseUnlessEmpty(folder, 'give another folder to --out, or remove what is there');
  for (const [index, { tree, id }] of nodes.entries()) {
    const folder = folders[index] ?? join(directory, String(id));
    await writeTree(tree, folder);
    const masked = await maskFiles(folder, secrets);
    stdout.write(`node ${id}: ${tree.entries.length} entries in ${relative(cwd, folder) || folder}\n`);
    for (const { file } of masked) stdout.write(`  secrets are masked in ${relative(cwd, file)}\n`);
  }
}
