import { expect, test } from 'vitest';
import { ShakedownError } from '../../../../../common/errors.ts';
import { errorsOf, withReason } from '../../../../../main/providers/vagrant/hypervisors/lxc-trouble.ts';

/** As lxc-start of LXC 5.0.2 writes it with `-l DEBUG`. */
const log = `lxc-start svabc123-n0 20261121120101.644 INFO     start - ../src/lxc/start.c:lxc_init:883 - Container "svabc123-n0" is initialized
lxc-start svabc123-n0 20261121120101.644 ERROR    network - ../src/lxc/network.c:netdev_configure_server_veth:711 - No such file or directory - Failed to attach "vethuPsiAJ" to bridge "lxcbr0", bridge interface doesn't exist
lxc-start svabc123-n0 20261121120101.645 ERROR    network - ../src/lxc/network.c:lxc_create_network_priv:3427 - No such file or directory - Failed to create network device
lxc-start svabc123-n0 20261121120101.645 ERROR    network - ../src/lxc/network.c:lxc_create_network_priv:3427 - No such file or directory - Failed to create network device
`;

test('the errors of LXC’s log are told each once, without the place in its source', () =>
  expect(errorsOf(log)).toEqual([
    'No such file or directory - Failed to attach "vethuPsiAJ" to bridge "lxcbr0", bridge interface doesn\'t exist',
    'No such file or directory - Failed to create network device',
  ]));

test('a failure that is not of LXC’s commands stays as it is', async () => {
  const error = new ShakedownError({
    message: 'vagrant failed (DownloaderError)',
    lastLines: ['"lxc-start"'],
  });
  expect(await withReason(error, 'abc123')).toBe(error);
});
