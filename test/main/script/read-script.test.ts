import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { readScript } from '../../../main/script/read-script.ts';
import { folder } from '../remotes/fake-node.ts';

function mistake(given: string, directory: string): UsageError {
  try {
    readScript(given, directory);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('a script that cannot run is refused before there is a machine', () => {
  test('missing, a folder, or something that never ends', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'folder'));
    await execa('mkfifo', [join(directory, 'pipe')]);
    expect(mistake('none.sh', directory).message).toBe(`There is no script ${directory}/none.sh.`);
    expect(mistake('none/none.sh', directory).message).toContain('There is no script');
    expect(mistake('folder', directory).message).toBe(`${directory}/folder is a folder, not a script.`);
    expect(mistake('pipe', directory).message).toBe(`${directory}/pipe is a pipe or a device, not a script.`);
  });

  test('with DOS line ends: the kernel would look for a program whose name ends with CR', () => {
    const directory = folder();
    writeFileSync(join(directory, "it's dos"), '#!/bin/bash -e\r\necho hi\r\n');
    const { message, hint } = mistake("it's dos", directory);
    expect(message).toBe("it's dos has DOS line ends (CR LF): the machine would look for '/bin/bash -e\\r'.");
    expect(hint).toBe(`sed -i 's/\\r$//' '${directory}/it'\\''s dos'`);
    writeFileSync(join(directory, 'bare'), 'echo hi\r\n');
    expect(mistake('bare', directory).message).toBe('bare has DOS line ends (CR LF).');
  });

  test('with a byte order mark', () => {
    const directory = folder();
    writeFileSync(join(directory, 'bom.sh'), '\ufeff#!/bin/sh\n');
    expect(mistake('bom.sh', directory).message).toContain('byte order mark');
  });

  test('too big to be one', () => {
    const directory = folder();
    writeFileSync(join(directory, 'big'), '');
    truncateSync(join(directory, 'big'), 65 * 1024 ** 2);
    expect(mistake('big', directory).hint).toContain('--with');
  });
});

test.each([
  ['#!/bin/sh -e\n', '/bin/sh'],
  ['#! /usr/bin/python3\n', '/usr/bin/python3'],
  ['#!/usr/bin/env -S LC_ALL=C perl -w\n', 'perl'],
  ['#!/usr/bin/env ruby', 'ruby'],
  ['echo none\n', undefined],
  ['', undefined],
  ['\x7fELF\x02\0\r\n', undefined],
])('the interpreter of %j is %s', (text, interpreter) => {
  const directory = folder();
  writeFileSync(join(directory, 'it'), text, 'latin1');
  const script = readScript('it', directory);
  expect(script.interpreter).toBe(interpreter);
  expect(script).toMatchObject({ name: 'it', file: join(directory, 'it') });
  expect(script.content.toString('latin1')).toBe(text);
});

test('a script may be given as text', () => {
  expect(readScript({ text: 'true' }, '/')).toEqual({ name: 'script', content: Buffer.from('true') });
});
