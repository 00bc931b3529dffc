/**
 * What ansible-vault encrypts begins with this, a value as well as a file
 * (Ansible's documentation, "Ansible Vault").
 */
export const isVaulted = (text: string): boolean => text.trimStart().startsWith('$ANSIBLE_VAULT;');

/** What to do about it: Ansible itself can tell what is in it. */
export const withoutVault = (inventory: string): string =>
  `ansible-inventory -i ${inventory} --list --yaml --ask-vault-pass > plain.yml, and name that file`;
