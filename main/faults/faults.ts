/** Every fault that can be injected into a node, by the name that check files call it by: a new fault is a new row. */
export const faults = {} as const;
