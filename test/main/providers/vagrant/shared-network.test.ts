import { describe, expect, test } from 'vitest';
import {
  networkOf,
  parseAddresses,
  sharedNetwork,
} from '../../../../main/providers/vagrant/shared-network.ts';

const guest = (...addresses: readonly string[]) =>
  parseAddresses(
    addresses
      .map((each, index) => {
        const [name, address] = each.split(' ');
        return `${index + 2}: ${name}    inet ${address} brd 0.0.0.0 scope global ${name}`;
      })
      .join('\n'),
  );

test('addresses are read as ip(8) prints them', () =>
  expect(
    parseAddresses(
      '2: eth0    inet 10.0.3.68/24 metric 1024 brd 10.0.3.255 scope global dynamic eth0\\       valid_lft 3565sec\n' +
        '5: wg0    inet 10.9.0.1/32 scope global wg0\\       valid_lft forever\nnonsense',
    ),
  ).toEqual([
    { interface: 'eth0', address: '10.0.3.68', bits: 24 },
    { interface: 'wg0', address: '10.9.0.1', bits: 32 },
  ]));

test.each([
  ['10.0.3.68', 24, '10.0.3.0/24'],
  ['192.168.121.200', 25, '192.168.121.128/25'],
  ['10.9.8.7', 8, '10.0.0.0/8'],
  ['255.255.255.255', 32, '255.255.255.255/32'],
])('%s/%i is on %s', (address, bits, network) => expect(networkOf({ address, bits })).toBe(network));

describe('the addresses by which nodes reach one another', () => {
  test('are those that vagrant logs in to, where all are on one network with them', () =>
    expect(
      sharedNetwork(
        [
          guest('eth0 192.168.121.5/24', 'eth1 10.1.0.5/24'),
          guest('eth0 192.168.121.6/24', 'eth1 10.1.0.6/24'),
        ],
        ['192.168.121.5', '192.168.121.6'],
      ),
    ).toEqual(['192.168.121.5', '192.168.121.6']));

  test('are not those that all have alike, as on VirtualBox’s first network', () =>
    expect(
      sharedNetwork(
        [
          guest('eth0 10.0.2.15/24', 'eth1 192.168.56.4/24'),
          guest('eth0 10.0.2.15/24', 'eth1 192.168.56.5/24'),
        ],
        ['127.0.0.1', '127.0.0.1'],
      ),
    ).toEqual(['192.168.56.4', '192.168.56.5']));

  test('are on the network that is asked for', () => {
    const guests = [
      guest('eth0 192.168.121.5/24', 'eth1 10.1.0.5/24'),
      guest('eth0 192.168.121.6/24', 'eth1 10.1.0.6/24'),
    ];
    const hosts = ['192.168.121.5', '192.168.121.6'];
    expect(sharedNetwork(guests, hosts, '10.1.0.9/24')).toEqual(['10.1.0.5', '10.1.0.6']);
    expect(sharedNetwork(guests, hosts, '10.2.0.0/24')).toBeUndefined();
  });

  test('are not those of a network within each machine', () =>
    expect(
      sharedNetwork(
        [
          guest('docker0 172.17.0.1/16', 'eth0 10.0.2.15/24'),
          guest('docker0 172.17.0.2/16', 'eth0 10.0.2.15/24'),
        ],
        ['127.0.0.1', '127.0.0.1'],
      ),
    ).toBeUndefined());

  test('of a single machine are its own', () =>
    expect(sharedNetwork([guest('eth0 10.0.2.15/24')], ['127.0.0.1'])).toEqual(['10.0.2.15']));
});
