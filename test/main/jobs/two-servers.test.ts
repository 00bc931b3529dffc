import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { rounds } from '../../rounds.ts';
import { jobsOutlive } from './fixtures/load.ts';
import { endProcess, freePort, startServerProcess } from './fixtures/server-process.ts';
import { databaseFor, dataFolder } from './fixtures/three-databases.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

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
  const fault = async () => {
    await endProcess(first.child, 'SIGTERM');
    expect(first.child.exitCode).toBe(0);
    // A client that knows both is answered, one that knows the stopped one alone is told.
    expect((await new JobsApi({ server, token }).jobs()).length).toBeGreaterThan(0);
    await expect(new JobsApi({ server: first.url, token }).jobs()).rejects.toThrow('does not answer');
    await begin(ports[0]);
    await endProcess(second.child, 'SIGKILL');
  };
  await jobsOutlive({ server, token, folder: join(folder, 'workers'), jobs: rounds(100, 1000), fault });
});
