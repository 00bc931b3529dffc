import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypes } from '../../common/strip-types.ts';
import { LoadError } from './load-errors.ts';

/** Compiles each source, runs none, and ends by what V8 says of the first that cannot be. */
const compileAll = `
  const { SourceTextModule } = require('node:vm');
  for (const [identifier, source] of JSON.parse(require('node:fs').readFileSync(0, 'utf8')))
    new SourceTextModule(source, { identifier });`;

/**
 * A syntax error with its place. V8 tells it to whoever prints the error as the end of a program, and to
 * nobody who catches it: so the files that were read are compiled again, in another process. Any other
 * error comes back as it is.
 */
export function withPlace(error: unknown, files: readonly string[]): unknown {
  if (!(error instanceof SyntaxError) || /file:\/\/\S+:\d/.test(error.stack ?? '')) return error;
  const sources = files.map((file) => [file, sourceOf(file)]).filter(([, source]) => source !== undefined);
  const flags = ['--experimental-vm-modules', '--no-warnings', '-e', compileAll];
  const input = JSON.stringify(sources);
  const { stderr } = spawnSync(process.execPath, flags, { input, encoding: 'utf8', env: {} });
  const [, file, line, text = '', before = ''] = /^(\/.*):(\d+)\n(.*)\n( *)\^/.exec(stderr) ?? [];
  if (file === undefined) return error;
  const place = { file, line: Number(line), column: before.length + 1 };
  const isDecorator = text.charAt(place.column - 1) === '@';
  const message = isDecorator ? 'there are no decorators here: call the function yourself' : error.message;
  return new LoadError(message, { cause: error, place });
}

/**
 * As it is compiled: without types, each line and column where it was. None where even that cannot be had.
 */
function sourceOf(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return /\.m?ts$/.test(file) ? stripTypes(text, file) : text;
  } catch {
    return undefined;
  }
}
