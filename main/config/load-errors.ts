import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { closest } from '../../common/text/closest.ts';

/** Where a config file is wrong, as far as the error tells; line and column from 1. */
export interface Location {
  /** Absolute. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A config file that cannot be loaded, in our words and with the place, where Node's stack has none. */
export class LoadError extends Error {
  readonly place: Location | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly place?: Location } = {}) {
    super(message, options);
    this.name = 'LoadError';
    this.place = options.place;
  }
}

/** What a TypeScript file may not have, for Node only takes types away, and what to write instead. */
const instead: Readonly<Record<string, string>> = {
  enum: "write an object: const Size = { small: 'small', big: 'big' } as const",
  'namespace declaration': 'write what is in it at the top of the file, or in a file of its own',
  'parameter property': 'declare the field, and set it in the constructor',
};

/**
 * What went wrong while a file was loaded, in our words where Node's are no help; else the error itself.
 * `exportsOf` gives the names that a module of ours exports, by its specifier; none of other modules.
 */
export async function explained(
  error: unknown,
  exportsOf: (specifier: string) => Promise<readonly string[]>,
): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  const [, syntax] = /TypeScript (.+?) is not supported in strip-only mode/.exec(message) ?? [];
  if (syntax !== undefined) {
    const advice = instead[syntax] ?? 'write it in plain JavaScript';
    return retold(error, `TypeScript's ${syntax} is no mere type, and is not run here: ${advice}`);
  }
  if (/<eof>|Unexpected eof/i.test(message)) {
    return retold(error, 'the file ends too early: a bracket, brace or quote is not closed');
  }
  if (message.startsWith('module is not defined in ES module scope')) {
    return retold(error, "there is no 'module.exports' here: write 'export default' instead");
  }
  const [, specifier = '', name] =
    /requested module '(.+)' does not provide an export named '(.+)'/.exec(message) ?? [];
  if (name !== undefined) return retold(error, unknownExport(specifier, name, await exportsOf(specifier)));
  return unknownModule(error) ?? error;
}

/** The same error, whose stack still tells the place. */
const retold = (error: Error, message: string): Error => Object.assign(error, { message });

function unknownExport(specifier: string, name: string, known: readonly string[]): string {
  if (name === 'default') return `'${specifier}' has no 'export default'`;
  const near = closest(name, known);
  return near === undefined
    ? `'${specifier}' exports no '${name}'; if it is a type: import type { ${name} }`
    : `'${specifier}' exports no '${name}'; did you mean '${near}'?`;
}

/** What is imported of shakedown and is no part of it. `known`: all parts; `file` imports it. */
export function unknownPart(
  specifier: string,
  known: readonly string[],
  file: string,
  cause: unknown,
): LoadError {
  const there = known.map((each) => `'${each}'`).join(' and ');
  return new LoadError(`there is no '${specifier}', only ${there}`, {
    cause,
    place: placeOf(file, specifier),
  });
}

function unknownModule(error: Error): LoadError | undefined {
  const [, what, asked = '', file = ''] =
    /^(Cannot find package|Cannot find module|Directory import) '(.+?)'.* imported from (.+)$/s.exec(
      error.message,
    ) ?? [];
  if (what === undefined) return undefined;
  const options = { cause: error, place: placeOf(file, basename(asked)) };
  if (what === 'Cannot find package') {
    const near = closest(asked, ['shakedown']);
    const advice = near && near !== asked ? `did you mean '${near}'?` : `'npm install ${asked}' brings it`;
    return new LoadError(`there is no package '${asked}' here; ${advice}`, options);
  }
  if (what === 'Directory import') {
    return new LoadError(`${asked} is a folder: name the file in it that is meant`, options);
  }
  const suffix = ['.ts', '.mts', '.js', '.mjs'].find((each) => existsSync(asked + each));
  const advice =
    suffix === undefined ? '' : `; it is ${basename(asked)}${suffix}: imports name the whole file`;
  return new LoadError(`there is no file ${asked}${advice}`, options);
}

/** The line of a file that imports what is called so. */
function placeOf(file: string, name: string): Location {
  if (!existsSync(file)) return { file };
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => /\b(import|from)\b/.test(line) && line.includes(name));
  return index < 0 ? { file } : { file, line: index + 1 };
}
