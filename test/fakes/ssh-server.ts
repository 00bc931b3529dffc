import { spawn } from 'node:child_process';
import { type AddressInfo, connect } from 'node:net';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';

export interface FakeSshServer extends AsyncDisposable {
  readonly port: number;
  /** As known_hosts has it: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Logins that were tried. */
  readonly logins: string[];
  /** Ends all connections, as a machine does that loses power. */
  drop(): void;
}

/**
 * An ssh server on the loopback that runs commands with this machine's sh, for tests of what is on our side of the
 * wire. Takes the one public key that it is given.
 */
export async function fakeSshServer(
  publicKey: string,
  options: { port?: number; refuseLogins?: number } = {},
): Promise<FakeSshServer> {
  const host = ssh2.utils.generateKeyPairSync('ed25519');
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  const clients = new Set<Connection>();
  const logins: string[] = [];
  let refusals = options.refuseLogins ?? 0;

  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    client.on('authentication', (login) => {
      logins.push(`${login.username} ${login.method}`);
      const known = login.method === 'publickey' && login.key.data.equals(allowed.getPublicSSH());
      if (!known || (login.signature && refusals-- > 0)) return login.reject(['publickey']);
      login.accept();
    });
    client.on('ready', () => {
      client.on('session', (accept) => serveSession(accept()));
      client.on('tcpip', (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP);
        socket.once('error', () => reject());
        socket.once('connect', () => {
          const channel = accept();
          socket.pipe(channel).pipe(socket);
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: host.public,
    logins,
    drop: () => {
      for (const client of clients) client.end();
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serveSession(session: Session): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel: ServerChannel = accept();
    const child = spawn('/bin/sh', ['-c', command]);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code, signal) => {
      if (signal) channel.exit(signal.replace('SIG', '') as never);
      else channel.exit(code ?? 0);
      channel.end();
    });
  });
}
