import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withoutNested } from '../../../common/files/without-nested.ts';
import type { CollectPlan } from '../../../common/protocol/evidence-protocol.ts';
import type { Remote } from '../../remotes/remote.ts';
import { expandGlob } from '../../remotes/transfer/expand-glob.ts';
import { namedLinks } from '../../remotes/transfer/named-links.ts';
import type { PlannedNode } from '../node.ts';
import { collectReports } from './collect-reports.ts';
import { type Attempt, type CollectOptions, type Reached, tolerant } from './collecting.ts';
import { openOwnFile } from './own-file.ts';

/** Bytes; a file beyond it is listed and left where it is. */
const maxFileSize = 4 * 1024 ** 3;

/** Bytes and files of one tree that come home; what is beyond them is left out, and told. */
const treeBounds = { maxBytes: 16 * 1024 ** 3, maxFiles: 500_000 };

/**
 * Brings a node's working files, logs and reports home. Never throws: what could not be had is in the
 * sentences that it gives, so that one bad node, file or command does not cost the evidence of the
 * rest. What the node sends lies in folders of its own, `files` and `logs/collected`: no link in it
 * can lead what we write ourselves elsewhere.
 */
export async function collectNode(node: Reached, options: CollectOptions): Promise<readonly string[]> {
  const { problems, attempt } = tolerant(options);
  const asked = await attempt('listing what to collect', () => askPlan(node, options));
  const plan = asked ?? (await withoutAgent(node, options));
  problems.push(...plan.problems);
  options.onUnmatched?.(plan.unmatched);
  // An agent that does not answer brings nothing either; over ssh there is still tar.
  const from = asked ? node.agent : node.remote;
  const [reports] = await Promise.all([
    collectReports(node, options),
    fetchFiles(node, from, plan.paths, options, attempt, problems),
  ]);
  return [...problems, ...reports];
}

function askPlan(node: Reached, { signal }: CollectOptions): Promise<CollectPlan> {
  const { workingDir, collect } = node.config;
  return node.agent.call(
    'planCollection',
    { workingDir, globs: collect, maxFileSize },
    { signal, timeout: 30 },
  );
}

/** With the agent gone: the working directory, and what the globs name, links with what they lead to. */
async function withoutAgent({ config, remote }: Reached, { signal }: CollectOptions): Promise<CollectPlan> {
  const { problems, attempt } = tolerant({});
  const how = { root: true, signal };
  const named = new Set([config.workingDir]);
  const unmatched: string[] = [];
  const looked = await attempt('looking for what to collect', async () => {
    for (const glob of config.collect) {
      const found = await expandGlob(remote, glob, { folder: '/', ...how });
      if (found.length === 0) unmatched.push(glob);
      for (const path of found) named.add(path);
    }
    return namedLinks(remote, [...named], how);
  });
  const targets = [...(looked?.links.values() ?? [])].map(({ target }) => target);
  const paths = [...named, ...targets].filter((path) => !looked?.unusable.has(path));
  return { paths: withoutNested(paths), unmatched, problems: [...problems, ...(looked?.problems ?? [])] };
}

async function fetchFiles(
  node: Reached,
  from: Pick<Remote, 'download'>,
  paths: readonly string[],
  { directory, signal }: CollectOptions,
  attempt: Attempt,
  problems: string[],
): Promise<void> {
  const { workingDir } = node.config;
  const below = (path: string) => path === workingDir || path.startsWith(`${workingDir}/`);
  const fetch = async (what: string, chosen: readonly string[], folder: string, base: string) => {
    if (chosen.length === 0) return;
    const options = { base, root: true, signal, ...treeBounds };
    await attempt(what, async () => {
      problems.push(...(await from.download(chosen, folder, options)).problems);
    });
  };
  const files = join(directory, 'files');
  await attempt('files', () => mkdir(files, { recursive: true }));
  await fetch('files', paths.filter(below), files, workingDir);
  const others = paths.filter((path) => !below(path));
  await fetch('collected paths', others, join(directory, 'logs', 'collected'), '/');
}

/** What the main host itself has of a machine: its console, where the provider keeps one. */
export async function collectConsole(
  { machine }: Pick<PlannedNode, 'machine'>,
  directory: string,
): Promise<void> {
  if (machine.consoleLog === undefined) return;
  const source = await open(machine.consoleLog).catch(() => undefined);
  if (!source) return;
  const logs = join(directory, 'logs');
  await mkdir(logs, { recursive: true });
  const target = await openOwnFile(logs, 'console.log');
  await pipeline(source.createReadStream({ end: maxConsole - 1 }), target.createWriteStream());
}

/** Bytes of a console that are kept, for a machine may print without end. */
const maxConsole = 1024 ** 3;
