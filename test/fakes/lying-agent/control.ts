import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AgentMethods } from '../../../common/protocol.ts';
import type { ServiceDied } from '../../../common/service-status.ts';
import { RpcAgent } from '../../../main/agent/rpc-agent.ts';
import { collectNode } from '../../../main/cluster/collect/collect.ts';
import { fakeScenario } from '../fake-world.ts';
import { answers, notices } from './honest.ts';
import { honestSeed, type Method } from './lies.ts';
import { lyingProcess, remoteOf } from './lying-process.ts';

/**
 * A session with an agent that does not lie: gives what of its answers, notices and evidence did not come
 * through as it was said. Without it, a main host that believes nothing would pass.
 */
export async function honestSession(socketPath: string, base: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  const mustBe = (what: string, found: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(found, expected))
      wrong.push(`honest, but ${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  };
  const told: unknown[] = [];
  const take = (message: string) => void told.push({ message });
  const agent = new RpcAgent(remoteOf(), lyingProcess(socketPath, honestSeed), { log: take, progress: take });
  agent.onServiceDied((died: ServiceDied) => void told.push(died));
  for (const method of Object.keys(answers) as Method[]) {
    if (['task', 'readFile', 'pack', 'unpack', 'reports'].includes(method)) continue;
    const params = {} as AgentMethods[typeof method]['params'];
    mustBe(`the answer to ${method}`, await agent.call(method, params as never), answers[method]);
  }
  mustBe('output', (await agent.exec('echo')).stdout, 'abc');
  mustBe('a file', String(await agent.readFile('/x')), 'abc');
  const { atMs: _, ...line } = notices.log;
  for (const notice of [line, notices.progress, notices.serviceDied])
    if (!told.some((each) => isDeepStrictEqual(each, notice))) mustBe('what was told', told, notice);
  const directory = join(base, 'run-honest');
  mkdirSync(directory);
  const config = { ...fakeScenario(1).nodeConfig({} as never, {} as never), workingDir: '/srv/work' };
  const options = { directory, sinceMs: 0, signal: new AbortController().signal };
  const problems = await collectNode({ config, agent, remote: remoteOf() }, options);
  mustBe('what was not collected', problems, [
    ...answers.planCollection.problems,
    ...Array.from({ length: 2 }, () => answers.pack.problems).flat(),
    ...answers.reports.problems,
  ]);
  mustBe('a collected file', readFileSync(join(directory, 'files/fine'), 'utf8'), 'fine');
  mustBe('a report', readFileSync(join(directory, 'logs/journal.log'), 'utf8'), 'abc');
  const asked = agent.mustAnswer(5);
  await Promise.all([asked, agent[Symbol.asyncDispose]()]);
  mustBe('its end', (agent.ended.reason as Error).message, 'the agent on the node was dismissed');
  rmSync(directory, { recursive: true, force: true });
  return wrong;
}
