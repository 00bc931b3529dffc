import { cgroupFunctions } from '../host/cgroup-script.ts';
import { rootCanBeHad } from '../host/own-root.ts';

/** Of the same names as `cgroupFunctions`, for a user who may make no cgroups. */
const none = `
groups=()
own_group() { :; }
put() { die "without root no machine can be held to part of a core: give 'cpus' as whole numbers"; }`;

/** What scripts have to do with cgroups: nothing where root cannot be had. */
export const groupFunctions = (): string => (rootCanBeHad() ? cgroupFunctions : none);
