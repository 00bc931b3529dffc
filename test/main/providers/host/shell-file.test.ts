import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { columns, shellFile } from '../../../../main/providers/host/shell-file.ts';

/** A folder with these files; names may have folders in them. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const printed = (program: string) => execaSync('bash', ['-euc', program]).stdout;

describe('a shell file', () => {
  test('gets values that shell gives back unchanged, whatever is in them', () => {
    const nasty = `it's $(reboot) \`x\` "\n\\`;
    const folder = folderOf({
      'say.sh': `printf "%s|" "$word" "$number" "\${list[@]}" "$yes" "$no" "$none"\n`,
    });
    const values = { word: nasty, number: 3, list: [nasty, 'b c', 7], yes: true, no: false, none: undefined };
    expect(printed(shellFile(folder, 'say.sh', values))).toBe(`${nasty}|3|${nasty}|b c|7|1|||`);
  });

  test('gets arguments', () => {
    const folder = folderOf({ 'say.sh': 'printf "%s|" "$#" "$@"' });
    expect(printed(shellFile(folder, 'say.sh', {}, ["it's", 2]))).toBe("2|it's|2|");
  });

  test('a list without elements is an array without elements', () => {
    const folder = folderOf({ 'count.sh': `echo "\${#list[@]}"` });
    expect(printed(shellFile(folder, 'count.sh', { list: [] }))).toBe('0');
  });

  test('what it sources comes in its place, once, from beside the file that names it', () => {
    const folder = folderOf({
      'kind/make.sh': 'source ../host/network.sh\nsource ../host/base.sh\necho make\n',
      'host/network.sh': 'source ./base.sh\necho network\n',
      'host/base.sh': "echo base '$&'\n",
    });
    expect(printed(shellFile(join(folder, 'kind'), 'make.sh'))).toBe('base $&\nnetwork\nmake');
  });

  test('records become one array for each variable', () => {
    const nodes = [
      { id: 0, name: 'a', disk: 5 },
      { id: 1, name: 'b', disk: undefined },
    ];
    expect(columns(nodes, { ids: ({ id }) => id, disks: ({ disk }) => disk })).toEqual({
      ids: [0, 1],
      disks: [5, ''],
    });
  });
});
