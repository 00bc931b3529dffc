/** The formats of an inventory, in the order in which the help lists them. */
export const formatNames = ['ansible', 'ssh-config', 'json', 'env'] as const;

export type FormatName = (typeof formatNames)[number];
