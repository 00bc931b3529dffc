import { get } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Where Debian's apt-cacher-ng listens unless its configuration says otherwise (apt-cacher-ng(8), `Port`).
 */
const defaultPort = 3142;

/**
 * The port on which apt-cacher-ng answers on this main host's loopback address, or undefined when it is not
 * running there. Who asks it for a page, as no proxy is asked, is told how to use it, with status 406;
 * whatever else listens on that port is left alone.
 */
export function runningAptCacher(port = defaultPort): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', timeout: 10_000, agent: false }, (response) => {
      const isIt = (body: string) => response.statusCode === 406 && /Apt-Cacher NG/i.test(body);
      text(response).then(
        (body) => resolve(isIt(body) ? port : undefined),
        () => resolve(undefined),
      );
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}
