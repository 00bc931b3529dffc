/** systemd.unit(5): the kinds of units, and what else a name may have in it. */
const kinds = 'service|socket|device|mount|automount|swap|target|path|timer|slice|scope';
const whole = new RegExp(`^[A-Za-z0-9:_.\\\\@-]+\\.(${kinds})$`);

/**
 * A unit's whole name, for a service may be named without its ending. Undefined for what systemctl(1) makes a
 * name of in other ways: a path, a pattern, letters that a name cannot have.
 */
export function unitName(unit: string): string | undefined {
  const name = new RegExp(`\\.(${kinds})$`).test(unit) ? unit : `${unit}.service`;
  return whole.test(name) && name.length < 256 ? name : undefined;
}

/** The path of its object on systemd's bus. */
export const pathOf = (name: string): string =>
  `/org/freedesktop/systemd1/unit/${name.replaceAll(/[^A-Za-z0-9]|^\d/g, (letter) => `_${letter.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;

/** Where the properties are that only units of its kind have. */
export function interfaceOf(name: string): string {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  return `org.freedesktop.systemd1.${kind[0]?.toUpperCase()}${kind.slice(1)}`;
}
