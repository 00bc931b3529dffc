import { describe, expect, test } from 'vitest';
import { linesOfType, parseLine, words } from '../../../../main/providers/vagrant/machine-readable.ts';

const spoken = (line: string) => {
  const parsed = parseLine(line);
  return parsed && words(parsed);
};

describe('a line of vagrant --machine-readable', () => {
  test('has a target, a type, and data in which commas and line ends are written otherwise', () => {
    expect(parseLine('1795249641,web,state,running')).toEqual({
      target: 'web',
      type: 'state',
      data: ['running'],
    });
    expect(parseLine('1795249646,,error-exit,Vagrant::Errors::X,one%!(VAGRANT_COMMA) two\\nthree')).toEqual({
      target: '',
      type: 'error-exit',
      data: ['Vagrant::Errors::X', 'one, two\nthree'],
    });
  });

  test.each(['', 'Vagrant failed to initialize at a very early stage:', 'Warning, of some, kind, or other'])(
    'is not %j',
    (line) => expect(parseLine(line)).toBeUndefined(),
  );

  test.each([
    ["1,web,ui,info,==> web: Importing base box 'e2e'...", "Importing base box 'e2e'..."],
    ['1,web,ui,detail,    web: SSH address: 10.0.3.68:22', 'SSH address: 10.0.3.68:22'],
    ['1,web,ui,detail,    web: \\n    web: Inserting key within guest...', 'Inserting key within guest...'],
    [
      "1,,ui,info,Bringing machine 'web' up with 'lxc' provider...",
      "Bringing machine 'web' up with 'lxc' provider...",
    ],
    ['1,web,ui,detail,==> db: said of another', '==> db: said of another'],
  ])('says to a person: %j', (line, text) => expect(spoken(line)).toBe(text));

  test.each([
    '1,web,metadata,provider,lxc',
    '1,,ui,detail,Progress: 0% (Rate: 0/s%!(VAGRANT_COMMA) Estimated time remaining: --:--:--)',
    '1,,ui,error,is told as the failure that it is',
  ])('says nothing: %j', (line) => expect(spoken(line)).toBe(''));
});

test('lines are found by their type', () => {
  const lines = ['1,a,state,running', '1,a,provider-name,lxc', '1,b,state,poweroff'].flatMap(
    (line) => parseLine(line) ?? [],
  );
  expect(linesOfType(lines, 'state').map(({ target, data }) => [target, ...data])).toEqual([
    ['a', 'running'],
    ['b', 'poweroff'],
  ]);
});
