// What the steps have in common: they run side by side, so each keeps what its programs print to itself, and shows it
// when they fail.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Told before anything is done that takes time or changes the machine. */
export function tell(message) {
  console.error(wrapped(`shakedown: ${message}`, process.stderr.columns));
}

/** Text whose long lines are broken between words and go on indented, for a terminal that is so wide; else as it is. */
export function wrapped(text, columns) {
  if (columns === undefined) return text;
  const lines = [''];
  for (const word of text.split(/(?<=\s)/)) {
    const line = lines.at(-1);
    const fits = (line + word).trimEnd().length <= columns;
    if (fits || line.trim() === '') lines[lines.length - 1] += word;
    else lines.push(`    ${word}`);
    if (word.endsWith('\n')) lines.push('');
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** A step that cannot be done; its message is for the person. */
export class StepError extends Error {}

/**
 * Runs a program to its end; resolves with its exit code (127 when there is no such program) and what it printed.
 * `onProgress` gets what it writes to its descriptor 3, line by line.
 */
export function run(command, args, { onProgress } = {}) {
  const stdio = ['ignore', 'pipe', 'pipe', onProgress ? 'pipe' : 'ignore'];
  const child = spawn(command, args, { cwd: root, stdio });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  if (onProgress) {
    let rest = '';
    child.stdio[3].setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) onProgress(line);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ status: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ status: code ?? 128, output, signal }));
  });
}

/** The last lines of what a program printed, and the log that has all of it: `<folder>/<name>.log`. */
export function endOf(output, name, folder = join(root, '.shakedown')) {
  const lines = output.trimEnd().split('\n');
  const file = join(folder, `${name}.log`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, output);
  } catch {
    // A disk that is full may be why it failed.
    return lines.slice(-40).join('\n');
  }
  return [...lines.slice(-8), `All that ${name} said is in ${file}.`].join('\n');
}
