import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { interfacesInWords } from '../../../node-agent/proc/interfaces.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

const face = { netmask: '', mac: '02:7f:da:6f:00:00', internal: false, scopeid: 0 };
const of = (family: 'IPv4' | 'IPv6', cidr: string) =>
  ({ ...face, family, cidr, address: cidr.replace(/\/.*/, '') }) as never;

function interfacesOf(names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const [index, name] of names.entries()) {
    const files = { ifindex: `${9 - index}`, flags: '0x1003', operstate: 'up', mtu: '1400' };
    for (const [file, text] of Object.entries(files)) writeFiles(folder, { [join(name, file)]: `${text}\n` });
  }
  return folder;
}

describe('the network interfaces of a node', () => {
  test('are told in the order of their numbers, with their addresses', () => {
    const addresses = {
      eth0: [of('IPv4', '10.0.0.2/24'), of('IPv6', 'fe80::1/64')],
      eth1: [of('IPv4', '10.1.0.2/24')],
    };
    expect(interfacesInWords(interfacesOf(['eth0', 'eth1']), addresses)).toBe(
      `8: eth1: <BROADCAST,MULTICAST,UP> mtu 1400 state UP
    link 02:7f:da:6f:00:00
    inet 10.1.0.2/24
9: eth0: <BROADCAST,MULTICAST,UP> mtu 1400 state UP
    link 02:7f:da:6f:00:00
    inet 10.0.0.2/24
    inet6 fe80::1/64
`,
    );
  });

  test('are for ip(8) to tell where one is down, whose addresses Node does not know', () => {
    const addresses = { eth0: [of('IPv4', '10.0.0.2/24')] };
    expect(interfacesInWords(interfacesOf(['eth0', 'eth1']), addresses)).toBeUndefined();
    expect(interfacesInWords('/nowhere', addresses)).toBeUndefined();
  });
});
