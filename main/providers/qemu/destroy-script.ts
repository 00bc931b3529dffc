import { destroyFrame } from '../host/destroy-frame.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import { clusterNames, lockFile } from './names.ts';
import { destroyOwnScript } from './network/namespace-script.ts';

/** The script that takes away all of a cluster in whatever state it is, from its id alone; for `runAsOwner`. */
export const destroyScript = (id: string): string =>
  rootCanBeHad() ? destroyFrame(id, clusterNames(id), lockFile) : destroyOwnScript(id);
