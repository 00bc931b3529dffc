import { destroyFrame } from '../host/destroy-frame.ts';
import { clusterNames, lockFile } from './names.ts';

/** The script that takes away all of a cluster in whatever state it is, from its id alone. */
export const destroyScript = (id: string): string => destroyFrame(id, clusterNames(id), lockFile);
