import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import SSHConfig from 'ssh-config';
import { UsageError } from '../../../common/errors.ts';

/**
 * Reads `~/.ssh/config` with what it includes (ssh_config(5), Include); a missing file is an empty one. Throws
 * UsageError where it cannot be parsed.
 */
export function readSshConfig(file = join(homedir(), '.ssh/config')): SSHConfig {
  try {
    return SSHConfig.parse(textWithIncludes(file, 0));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read as an ssh configuration: ${(error as Error).message}`, {
      hint: `ssh -G -F ${file} localhost`,
    });
  }
}

/** As many as ssh itself follows. */
const deepest = 16;

function textWithIncludes(file: string, depth: number): string {
  if (!existsSync(file)) return '';
  if (depth > deepest) throw new UsageError(`${file} is included by itself.`);
  // An included Host ends with its file: what comes after belongs to the block in which the Include stands.
  let block = 'Match all';
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .map((line) => {
      if (/^\s*(host|match)[\s=]/i.test(line)) block = line;
      const patterns = /^\s*include(?:\s*=\s*|\s+)(.*?)\s*$/i.exec(line)?.[1];
      if (patterns === undefined) return line;
      const texts = includedFiles(patterns).map((each) => textWithIncludes(each, depth + 1));
      return [...texts, block].join('\n');
    })
    .join('\n');
}

const includedFiles = (patterns: string): readonly string[] =>
  [...patterns.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, quoted, plain = '']) => {
    const pattern = (quoted ?? plain).replace(/^~(?=\/)/, homedir());
    return globSync(isAbsolute(pattern) ? pattern : join(homedir(), '.ssh', pattern)).toSorted();
  });
