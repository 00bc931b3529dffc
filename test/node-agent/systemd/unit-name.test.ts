import { expect, test } from 'vitest';
import { interfaceOf, pathOf, unitName } from '../../../node-agent/systemd/unit-name.ts';

test.each([
  ['nginx', 'nginx.service'],
  ['postgresql@15-main', 'postgresql@15-main.service'],
  ['php8.2-fpm', 'php8.2-fpm.service'],
  ['docker.socket', 'docker.socket'],
  ['dev-disk-by\\x2dlabel.swap', 'dev-disk-by\\x2dlabel.swap'],
])('%s is the unit %s', (unit, name) => expect(unitName(unit)).toBe(name));

test.each(['/srv', 'ng*', 'two words', 'x'.repeat(300)])(
  '%s is left to systemctl, which makes a name of it or refuses it',
  (unit) => expect(unitName(unit)).toBeUndefined(),
);

test('the object and the interface of a unit', () => {
  expect(pathOf('1-a@b.service')).toBe('/org/freedesktop/systemd1/unit/_31_2da_40b_2eservice');
  expect(interfaceOf('docker.socket')).toBe('org.freedesktop.systemd1.Socket');
});
