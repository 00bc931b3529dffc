// How late it is seen that something is ready, by an event of known time: `node bench/readiness.ts
// [rounds]`. A service of an agent on this host, whose port opens, whose line is written or whose file is
// there so many ms after its start; and a port on which ssh is awaited. Prints ms from the event until the
// main host knows: the median and the longest.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../common/ready.ts';
import type { Agent } from '../main/agent/agent.ts';
import { startLocalAgent } from '../main/agent/local/local-agent.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { median } from './measure/median.ts';

const rounds = Number(process.argv[2] ?? 5);
/** ms from the start of a service to the event. */
const moments = [130, 530, 2030];
const directory = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));
const now = () => performance.timeOrigin + performance.now();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A service that becomes ready after so many ms and writes down when that was. */
const service = (port: number, after: number): string => `
  const { writeFileSync } = require('node:fs');
  const server = require('node:http').createServer((_, response) => response.end());
  setTimeout(() => {
    server.listen(${port});
    writeFileSync('at', String(performance.timeOrigin + performance.now()));
    console.log('it serves');
  }, ${after});`;

async function ofService(agent: Agent, probe: (port: number) => Probe, after: number): Promise<number> {
  const port = await freePort();
  const program = service(port, after).replaceAll('\n', ' ');
  const spec = { name: 'late', readyWithin: 60, stopWithin: 5, ready: probe(port) };
  const command = `rm -f at; exec '${process.execPath}' -e "${program.replaceAll('"', '\\"')}"`;
  await agent.call('startService', { service: { ...spec, command }, workingDir: directory, brief: true });
  const seen = now();
  await agent.call('stopService', { name: 'late', brief: true });
  return seen - Number(readFileSync(join(directory, 'at'), 'utf8'));
}

/** Until the first connection of one who waits for ssh. */
async function ofSsh(after: number): Promise<number> {
  const port = await freePort();
  const over = new AbortController();
  const options = { signal: over.signal, timeout: 60 };
  const waiting = connectSsh({ host: '127.0.0.1', port, user: 'nobody' }, options).catch(() => undefined);
  await sleep(after);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const opened = now();
  await once(server, 'connection');
  const late = now() - opened;
  over.abort();
  server.close();
  await waiting;
  return late;
}

const quiet = { log: () => undefined, progress: () => undefined };
try {
  await using agent = await startLocalAgent({
    ...{
      cacheDir: join(directory, 'cache'),
      runId: 'bench',
      share: 'bench',
      listener: quiet,
      log: quiet.log,
    },
    signal: new AbortController().signal,
    env: { ...process.env, SHAKEDOWN_AGENT_STATE: join(directory, 'state') },
  });
  const kinds: Readonly<Record<string, (after: number) => Promise<number>>> = {
    tcp: (after) => ofService(agent, (tcp) => ({ tcp }), after),
    http: (after) => ofService(agent, (port) => ({ http: `http://127.0.0.1:${port}/` }), after),
    log: (after) => ofService(agent, () => ({ log: 'it serves' }), after),
    command: (after) => ofService(agent, () => ({ command: 'test -s at' }), after),
    'ssh answers': ofSsh,
  };
  for (const [kind, measure] of Object.entries(kinds)) {
    for (const after of moments) {
      const late: number[] = [];
      for (let round = 0; round < rounds; round++) late.push(await measure(after + 7 * round));
      console.log(
        `${kind}, ${after} ms after the start: median ${median(late).toFixed(1)} ms, longest ${Math.max(...late).toFixed(1)} ms`,
      );
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
