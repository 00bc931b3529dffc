import { inUserNamespace } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import type { CreatePlan } from '../machines/create-script.ts';
import { folderValues } from '../machines/create-script.ts';
import { clusterNames } from '../names.ts';

const here = import.meta.dirname;

/** What lies in the folder of a cluster that was made without root. */
export const namespaceFiles = (id: string) => {
  const { directory } = clusterNames(id);
  return {
    /** The process id of the holder, the first process of the namespaces. */
    pid: `${directory}/pid`,
    /** The API of slirp4netns. */
    api: `${directory}/slirp.sock`,
  };
};

/** An argument of the holder's by which it is found from the cluster's id alone. */
const holderMark = (id: string): string => `shakedown-vms=${clusterNames(id).directory}`;

/** The script that makes the cluster's folder, and its namespaces. */
export function namespaceScript(
  plan: Pick<CreatePlan, 'cluster' | 'state' | 'images' | 'reach' | 'subnets'>,
): string {
  const { pid, startTime = 0 } = plan.state.owner;
  return shellFile(here, 'make-namespaces.sh', {
    ...folderValues(plan),
    subnet: plan.reach === 'slirp' ? plan.subnets[0] : '',
    maker_pid: pid,
    maker_start: startTime,
    hold_program: shellFile(here, 'hold-namespaces.sh'),
    mark: holderMark(plan.cluster),
    as_namespace_root: inUserNamespace,
  });
}

/** The script that takes away all of a cluster that was made without root, from its id alone. */
export function destroyOwnScript(id: string): string {
  const pattern = `${holderMark(id)}|--api-socket=${namespaceFiles(id).api}|sq${id}-[0-9]+`;
  return shellFile(here, 'destroy-namespaces.sh', { dir: clusterNames(id).directory, pattern });
}
