/** Adds `why` wherever `told` stands in a message of the list, behind it. */
export function addWhere(told: string, why: string, list: { message?: string }[]): void {
  for (const [index, each] of list.entries()) {
    const message = each.message?.replace(told, () => `${told}; ${why}`);
    if (message !== undefined) list[index] = { ...each, message };
  }
}
