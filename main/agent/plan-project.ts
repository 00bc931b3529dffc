import type { ProjectFile, ProjectPlan } from '../../common/protocol/project-protocol.ts';
import type { CallOptions } from './agent.ts';
import type { RpcConnection } from './rpc-connection.ts';

/** See Agent.planProject. */
export async function planProject(
  connection: RpcConnection,
  directory: string,
  files: readonly ProjectFile[],
  options: CallOptions,
): Promise<ProjectPlan> {
  const manifest = (await connection.open()).write();
  manifest.on('error', () => undefined);
  manifest.end(JSON.stringify(files));
  try {
    return await connection.call('planProject', { directory, manifest: manifest.id }, options);
  } finally {
    manifest.destroy();
  }
}
