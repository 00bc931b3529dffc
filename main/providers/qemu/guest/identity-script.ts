import { shellFile } from '../../host/shell-file.ts';

export interface Identity {
  readonly name: string;
  readonly machineId: string;
  readonly hostKey: string;
  readonly publicHostKey: string;
  readonly user: string;
  readonly publicKey: string;
}

/** For a machine, booted or not: tells it who it is. `hosts` and `resolv_conf` are set before it. */
export const identityScript = (who: Identity): string =>
  shellFile(import.meta.dirname, 'identity.sh', {
    name: who.name,
    machine_id: who.machineId,
    host_key: who.hostKey,
    public_host_key: who.publicHostKey,
    user: who.user,
    public_key: who.publicKey,
  });
