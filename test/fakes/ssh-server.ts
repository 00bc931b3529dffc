import { spawn } from 'node:child_process';
import { connect as connectTcp, createServer, type Socket, type Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AuthContext, Connection, PublicKeyAuthContext, ServerChannel, Session } from 'ssh2';
import { ssh2 } from '../../main/remotes/ssh2.ts';

export interface SshServerOptions {
  /** So many logins are refused before the first is taken. */
  readonly refuseLogins?: number;
  /** The server's own private key; a new one without it. */
  readonly hostKey?: string;
  /** Accepts TCP connections and never says a word. */
  readonly silent?: boolean;
  /** Never answers who wants to go on to another machine. */
  readonly deafToForwards?: boolean;
  /** What commands find in their environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** The login's shell, called with `-c` and the command. */
  readonly shell?: string;
  readonly port?: number;
  /**
   * Sessions of one connection at once, as sshd counts them: until the command
   * has ended. No limit unless told.
   */
  readonly maxSessions?: number;
  /** A program that serves SFTP in place of sshd's own; `false`: the subsystem is refused. */
  readonly sftp?: string | false;
}

/** An ssh server on the loopback address that really runs what it is told, with this machine's /bin/sh. */
export interface FakeSshServer extends AsyncDisposable {
  readonly port: number;
  /** As known_hosts has it: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Logins that were tried: `root publickey`. */
  readonly logins: readonly string[];
  /** TCP connections so far. */
  readonly connections: number;
  /** Breaks all connections, as a pulled cable that is noticed would. */
  drop(): void;
}

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/**
 * About one ed25519 key in a hundred that ssh2 makes is malformed (one leading zero byte is lost): not these.
 */
export function newKey(passphrase?: string): KeyPair {
  for (;;) {
    const pair =
      passphrase === undefined
        ? ssh2().utils.generateKeyPairSync('ed25519')
        : ssh2().utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 4 });
    if (!(ssh2().utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}

const sftpServer = '/usr/lib/openssh/sftp-server';

/** Takes the one public key that it is given (as in authorized_keys), for any user. */
export async function fakeSshServer(
  publicKey: string,
  options: SshServerOptions = {},
): Promise<FakeSshServer> {
  const own = options.hostKey ?? newKey().private;
  const sockets = new Set<Socket>();
  const children = new Set<number>();
  const logins: string[] = [];
  const onLogin = authenticate(publicKey, logins, options.refuseLogins ?? 0);
  let connections = 0;
  const ssh = new (ssh2().Server)({ hostKeys: [own] }, (client) => {
    client.on('authentication', onLogin);
    serve(client, options, children);
  });
  const tcp = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    if (!options.silent) ssh.injectSocket(socket);
  });
  const port = await listen(tcp, options.port ?? 0);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    hostKey: publicOf(own),
    logins,
    get connections() {
      return connections;
    },
    drop,
    async [Symbol.asyncDispose]() {
      drop();
      for (const pid of children) endGroup(pid);
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

const publicOf = (key: string): string => {
  const parsed = ssh2().utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
};

function listen(server: TcpServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function serve(client: Connection, options: SshServerOptions, children: Set<number>): void {
  client.on('error', () => undefined);
  const { maxSessions = Number.POSITIVE_INFINITY } = options;
  let sessions = 0;
  client.on('session', (accept, reject) => {
    if (sessions >= maxSessions) return void reject();
    sessions++;
    serveSession(accept(), options, children, () => {
      sessions--;
    });
  });
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (options.deafToForwards) return;
    const socket = connectTcp(destPort, destIP);
    socket.once('error', () => reject?.()).once('connect', () => join(accept(), socket));
  });
  client.on('request', (accept, reject, name, info) => {
    if (name !== 'tcpip-forward') return accept?.();
    const { bindAddr, bindPort } = info as { bindAddr: string; bindPort: number };
    const server = createServer((socket) => {
      const { port } = server.address() as { port: number };
      client.forwardOut(bindAddr, port, '127.0.0.1', socket.remotePort ?? 0, (error, channel) =>
        error ? socket.destroy() : join(channel, socket),
      );
    });
    client.on('close', () => server.close());
    listen(server, bindPort).then(
      (port) => accept?.(port),
      () => reject?.(),
    );
  });
}

function join(channel: Duplex, socket: Socket): void {
  socket.on('error', () => channel.destroy());
  channel.on('error', () => socket.destroy());
  channel.pipe(socket).pipe(channel);
}

function authenticate(publicKey: string, logins: string[], refusals: number) {
  const allowed = ssh2().utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  const proven = ({ signature = Buffer.alloc(0), blob = Buffer.alloc(0), hashAlgo }: PublicKeyAuthContext) =>
    allowed.verify(blob, signature, hashAlgo) === true;
  return (login: AuthContext): void => {
    logins.push(`${login.username} ${login.method}`);
    const known = login.method === 'publickey' && login.key.data.equals(allowed.getPublicSSH());
    if (!known || (login.signature && refusals-- > 0)) login.reject(['publickey']);
    else if (login.method === 'publickey' && login.signature && !proven(login)) login.reject();
    else login.accept();
  };
}

function serveSession(
  session: Session,
  { env = {}, sftp = sftpServer, shell = '/bin/sh' }: SshServerOptions,
  children: Set<number>,
  ended: () => void,
): void {
  let group = 0;
  const run = (channel: ServerChannel, file: string, args: readonly string[]) => {
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    // In a session of its own, as sshd does it: a command outlives its connection.
    const child = spawn(file, args, { detached: true, env: { PATH: path, ...env } });
    if (child.pid !== undefined) children.add(child.pid);
    group = child.pid ?? 0;
    child.once('exit', ended);
    channel.pipe(child.stdin).on('error', () => channel.resume());
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    child.once('close', (code, signal) => {
      children.delete(child.pid ?? 0);
      if (signal) channel.exit(signal.slice(3));
      else channel.exit(code ?? 255);
      channel.end();
    });
  };
  session.on('pty', (accept) => accept?.());
  session.on('signal', (accept, _reject, { name }) => {
    accept?.();
    if (group > 0) process.kill(-group, `SIG${name}`);
  });
  session.on('exec', (accept, _reject, { command }) => run(accept(), shell, ['-c', command]));
  session.on('subsystem', (accept, reject) => (sftp === false ? reject() : run(accept(), sftp, [])));
}

/** A port of the loopback address on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
