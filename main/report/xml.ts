const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

const escaped = (text: string, special: RegExp): string =>
  allowed(text).replaceAll(special, (character) => references[character] ?? character);

/** Without characters that XML has no way to write. */
const allowed = (text: string): string =>
  text.replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');

/** What stands between two tags. A bare carriage return would be read as a line's end. */
export const xmlText = (text: string): string => escaped(text, /[&<>\r]/g);

/** Values of attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * `<name a="b">`, or with `ends` the element that has nothing in it. In a value every white space is kept.
 */
export function startTag(name: string, attributes: Attributes, ends = false): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(String(value), /[&<>"\t\n\r]/g)}"`],
  );
  return `<${name}${written.join('')}${ends ? '/' : ''}>`;
}

/** An element with what was already written between its tags; with none, one tag. */
export const element = (name: string, attributes: Attributes, content = ''): string =>
  content === '' ? startTag(name, attributes, true) : `${startTag(name, attributes)}${content}</${name}>`;
