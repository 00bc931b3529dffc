/**
 * Where the kinds of machine that root makes on this main host keep what is theirs, one folder each, and in
 * it one for each cluster, named by its id. A link `tree` in that names the image that the cluster lies
 * over.
 */
export const stateHome = '/var/lib/shakedown';
