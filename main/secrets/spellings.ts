/** Characters: what is shorter occurs by chance, and to mask it would hide more than it protects. */
export const shortestSecret = 6;

/** Characters of a part of an encoded value that is still looked for. */
const shortestPart = 12;

/**
 * How a value may be spelled in what a run prints: as it is, line by line, in JSON (also
 * within JSON), in URLs, quoted for a shell, in HTML, in hex, and in base64, be it the whole
 * of what was encoded or in the midst of it.
 */
export function spellingsOf(value: string): readonly string[] {
  const texts = [value, ...linesOf(value)];
  const escaped = texts.flatMap((text) => [text, ...escapedForms(text)]);
  const bytes = Buffer.from(value);
  const encoded = [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64Forms(bytes)];
  return [...new Set([...escaped, ...encoded])].filter((text) => text.length >= shortestSecret);
}

/** Of several lines each, for logs put things before them. */
function linesOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.length === 1 ? [] : [lines.join('\r\n'), ...lines];
}

function escapedForms(text: string): readonly string[] {
  const json = (plain: string) => JSON.stringify(plain).slice(1, -1);
  const url = encodeURIComponent(text.toWellFormed());
  const strict = url.replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const urls = [url, strict].flatMap((one) => [one, one.replaceAll('%20', '+')]);
  return [
    json(text),
    json(json(text)),
    // As Python and others write JSON.
    json(text).replaceAll(/[^\0-\x7f]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`),
    json(text).replaceAll('/', '\\/'),
    ...urls,
    ...urls.map((one) => one.replaceAll(/%[0-9A-F]{2}/g, (mark) => mark.toLowerCase())),
    text.replaceAll("'", "'\\''"),
    text.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    text.replaceAll(/["$`\\]/g, '\\$&'),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    text.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`),
  ];
}

/**
 * Base64 has three faces, by what stands before the value in what was encoded;
 * long ones are broken into lines.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // At both ends a character has bits of its neighbours, too.
    const ends = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return text.slice(before === 0 ? 0 : before + 1, ends);
  });
  const whole = bytes.toString('base64');
  const broken = [64, 76].flatMap((width) =>
    whole.length > width ? (whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) : [],
  );
  const long = [...forms, whole.replace(/=+$/, ''), ...broken].filter(
    (text) => text.length >= shortestPart || text.length >= whole.length - 4,
  );
  return [...long, ...long.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}
