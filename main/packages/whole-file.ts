import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { problem } from './proxy-guard.ts';

/** With what a package begins (deb(5), ar(5)). */
export const arMagic = '!<arch>\n';

/** Bytes of the header of a member of an ar archive, and where its size stands in that. */
const header = { length: 60, size: [48, 58] } as const;

/** The digest that a list is named by, if the file is one. */
function digestIn({ pathname }: URL): { readonly kind: string; readonly hex: string } | undefined {
  const [, kind, hex] = /\/by-hash\/(SHA256|SHA512)\/([0-9a-f]+)$/.exec(pathname) ?? [];
  return kind === undefined || hex === undefined ? undefined : { kind: kind.toLowerCase(), hex };
}

/**
 * Looks at a file as it comes from a mirror: a list is what its name says, a package at least a package. A
 * network that wants its visitors to log in answers every request with its own page, and a page that was
 * kept as a package would be served for a month.
 */
export class ContentCheck {
  readonly #url: URL;
  readonly #hash: Hash | undefined;
  #beginning = '';

  constructor(url: URL) {
    this.#url = url;
    const digest = digestIn(url);
    this.#hash = digest && createHash(digest.kind);
  }

  /** Throws as soon as it is known to be something else. */
  add(chunk: Buffer): void {
    this.#hash?.update(chunk);
    if (this.#hash || this.#beginning.length >= arMagic.length) return;
    this.#beginning += chunk.toString('latin1', 0, arMagic.length - this.#beginning.length);
    if (!arMagic.startsWith(this.#beginning)) throw this.#isNot('a package');
  }

  /** To be called when all of it is here. */
  end(): void {
    if (!this.#hash && this.#beginning !== arMagic) throw this.#isNot('a package');
    if (this.#hash && this.#hash.digest('hex') !== digestIn(this.#url)?.hex)
      throw this.#isNot('what its name says');
  }

  #isNot(what: string): Error {
    const hint = 'does the network want a login, or is the mirror broken?';
    return problem(502, `${this.#url.href} is not ${what}: ${hint}`);
  }
}

/**
 * Whether a file that was kept is still whole: a list by its digest, a package by the sizes that stand in it.
 * A crash of the main host may have left files without their contents.
 */
export async function isWhole(file: string, url: URL): Promise<boolean> {
  const digest = digestIn(url);
  if (!digest) return isWholeArchive(file).catch(() => false);
  const hash = createHash(digest.kind);
  await pipeline(createReadStream(file), hash).catch(() => undefined);
  return hash.digest('hex') === digest.hex;
}

async function isWholeArchive(file: string): Promise<boolean> {
  await using archive = await open(file);
  const { size } = await archive.stat();
  const text = async (at: number, length: number) => {
    const { buffer, bytesRead } = await archive.read(Buffer.alloc(length), 0, length, at);
    return buffer.toString('latin1', 0, bytesRead);
  };
  if ((await text(0, arMagic.length)) !== arMagic) return false;
  let at = arMagic.length;
  while (at < size) {
    const member = await text(at, header.length);
    const bytes = Number(member.slice(...header.size));
    if (!member.endsWith('`\n') || !Number.isInteger(bytes)) return false;
    // Members begin at even offsets.
    at += header.length + bytes + (bytes % 2);
  }
  return at === size || at === size + 1;
}
