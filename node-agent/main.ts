import './compile-later.ts';
import { Console } from 'node:console';
import { Deadman } from '../common/protocol/deadman.ts';
import { aliveWithin } from '../common/protocol/notifications.ts';
import { unwound } from '../common/unwound.ts';
import { NodeAgent } from './agent.ts';
import { AgentState } from './agent-state.ts';
import { finishUnlessHeld } from './finish.ts';
import { hearShare, leaseIn } from './lease.ts';
import { handOverSignal, takeNode } from './lock.ts';
import { markVariable } from './proc/marked-processes.ts';
import { AgentConnection } from './serve.ts';

/*
 * The agent on a node. It runs as root under a Node 24 of its own and serves one main host over stdin and
 * stdout, until stdin ends or a signal comes; then it stops what it started, unless that is held. With
 * `--shared KEY` it runs as who logs in, beside others, and has a state of its own.
 *
 * What it needs of the node, and why Debian 11 to 13 and Ubuntu 22.04 to 26.04 have it: Node's own builds for
 * Linux need glibc 2.28 and libstdc++'s GLIBCXX_3.4.21 (Debian 11 has 2.31 and 3.4.28, and apt itself needs
 * libstdc++), and kernel 4.18; setpriv and getent are in essential packages; of systemd, options of version
 * 247 and older; of apt, of 2.2 and older (`DPkg::Lock::Timeout` came with 1.9.11).
 */

// A library that prints would break the protocol.
globalThis.console = new Console(process.stderr);

hearShare(process.argv);
const lease = leaseIn(process.argv);
const state = new AgentState(lease.state);

// What is made for others to read (working directories, placed files) is so whatever the login's
// umask, and nothing is for all to write.
process.umask(0o022);

async function serve(): Promise<void> {
  process.chdir('/');
  // dpkg refuses to work without the administrator's folders, which a login's PATH need not have.
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const given = (process.env.PATH ?? '').split(':').filter(Boolean);
  process.env.PATH = [...given, ...folders.filter((folder) => !given.includes(folder))].join(':');
  // All that is started from here on can be found by it.
  process.env[markVariable] = state.id;
  const end = new AbortController();
  const closed = () => void finish(0, 'the connection was closed');
  const connection = new AgentConnection(process.stdin, process.stdout, end.signal, closed);
  const agent = new NodeAgent(state, lease, connection, (seconds) => deadman.insist(seconds));
  let ending = false;
  const finish = async (exitCode: number, why: string) => {
    if (ending) return;
    ending = true;
    end.abort(new Error(`the agent ends: ${why}`));
    // What is under way ends by itself; dpkg above all shall not be torn apart.
    await unwound(connection.idle(), 25);
    await agent.finish().catch((error: unknown) => {
      console.error(error);
      exitCode ||= 70;
    });
    process.exit(exitCode);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => void finish(0, signal));
  }
  process.on(handOverSignal, () => {
    ending = true;
    void agent.leave().finally(() => process.exit(0));
  });
  process.on('uncaughtException', (error) => {
    console.error(error);
    void finish(70, 'of a fault of its own');
  });
  // Whoever read it is gone; stdin says so as well.
  process.stdout.on('error', () => void finish(0, 'nobody listens'));
  process.stderr.on('error', () => {});
  const deadman = new Deadman(aliveWithin, () => void finish(0, 'nothing was heard of the main host'));
  connection.listen(agent.methods, () => deadman.heard());
}

/** Run by the guard of an agent that was killed. */
async function finishForTheDead(): Promise<void> {
  // Another agent may be on its way, whose own `clean` does the same.
  const lock = await takeNode(lease.name, { pid: process.pid, runId: 'the clean-up', since: Date.now() }, 1);
  await finishUnlessHeld(state);
  lock.close();
}

void (process.argv.includes('--finish') ? finishForTheDead() : serve());
