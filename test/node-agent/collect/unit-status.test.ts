import { describe, expect, test } from 'vitest';
import { perUnit } from '../../../node-agent/collect/unit-status.ts';

const block = (name: string, more = '') =>
  `● ${name} - Some service\n     Loaded: loaded\n     Active: active\n\nNov 26 13:00:00 host x[1]: - up.service - \n${more}`;

describe('the status of several units that was asked for at once', () => {
  test('is told apart by their names', () => {
    const both = `${block('etcd.service')}\n${block('web@1.service', '                          more\n')}`;
    const texts = perUnit(['etcd', 'web@1.service'], both, '');
    expect(texts[0]).toMatch(/^● etcd\.service - Some service\n/);
    expect(texts[0]).not.toContain('web@1');
    expect(texts[1]).toMatch(/^● web@1\.service/);
    expect(texts[1]).toMatch(/more\n$/);
  });

  test('leaves empty what does not exist, and finds what has another name of its own', () => {
    const said = `x mariadb.service - Database\n     Active: failed\n\n* dev-sda.device\n     Active: active\n`;
    const missing = 'Unit nope.service could not be found.\n';
    expect(perUnit(['nope', 'mysql', 'dev-sda.device'], said, missing)).toEqual([
      '',
      'x mariadb.service - Database\n     Active: failed\n',
      '* dev-sda.device\n     Active: active\n',
    ]);
  });
});
