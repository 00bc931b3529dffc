import { ownControlGroup } from '../../../common/processes/control-group.ts';

const probe = ownControlGroup()?.make(`shakedown-test-${process.pid}`);

/** Whether control groups of version 2 can be made here: as root, where they are not mounted read-only. */
export const canMakeGroups = probe?.remove() === true;
