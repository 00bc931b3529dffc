/** Where runtimes and bundled agents lie on a node, where that can be used. */
export const nodeCacheDirectory = '/var/cache/shakedown';
