import { get } from 'node:http';

/** Where Debian's apt-cacher-ng listens unless its configuration says otherwise (apt-cacher-ng(8), `Port`). */
const defaultPort = 3142;

/**
 * The port on which apt-cacher-ng answers on this main host's loopback address, or undefined when it is not running
 * there. It names itself in the Server header of every answer; whatever else listens on that port is left alone.
 */
export function runningAptCacher(port = defaultPort): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(/Apt-Cacher NG/i.test(String(response.headers.server)) ? port : undefined);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}
