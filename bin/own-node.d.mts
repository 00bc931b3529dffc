/** Whether our sources run under a Node of this version, by default the one that runs. */
export function isNewEnough(version?: string): boolean;
export function runByOwnNode(name: string): void;
