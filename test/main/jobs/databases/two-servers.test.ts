import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { rounds } from '../../../rounds.ts';
import { jobsOutlive } from '../fixtures/load.ts';
import { endProcess, freePort, startServerProcess } from '../fixtures/server-process.ts';
import { databaseFor, dataFolder } from '../fixtures/three-databases.ts';

const database = databaseFor('private');

test('two servers share a PostgreSQL: one is stopped, then the other is killed, and the work goes on', async () => {
  const { rows } = await database().ask('SHOW unix_socket_directories');
  const DATABASE_URL = `postgres://shakedown@${encodeURIComponent(rows[0].unix_socket_directories)}/postgres`;
  const folder = dataFolder();
  const ports = [await freePort(), await freePort()] as const;
  const begin = (port: number) => startServerProcess(folder, port, [], { DATABASE_URL });
  const first = await begin(ports[0]);
  const second = await begin(ports[1]);
  const { token } = first;
  const server = `${first.url},${second.url}`;
  const fault = async (further: (jobs: number) => Promise<void>) => {
    await endProcess(first.child, 'SIGTERM');
    expect(first.child.exitCode).toBe(0);
    // A client that knows both is answered, one that knows the stopped one alone is told.
    expect((await new JobsApi({ server, token }).jobs()).length).toBeGreaterThan(0);
    await expect(new JobsApi({ server: first.url, token }).jobs()).rejects.toThrow('does not answer');
    const servers = [await begin(ports[0]), second];
    for (let kill = 0; kill < rounds(1, 10); kill++) {
      // The other one each time: its work goes on by the one that is there.
      const which = (kill + 1) % 2;
      await endProcess(servers[which]?.child ?? first.child, 'SIGKILL');
      await further(1);
      if (kill < rounds(0, 9)) servers[which] = await begin(ports[which] ?? 0);
    }
  };
  await jobsOutlive({ server, token, folder: join(folder, 'workers'), jobs: rounds(100, 1000), fault });
});
