/** What is needed to reach a machine by ssh. Plain data: it is kept in the ledger and in `cluster.json`. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile?: string;
  /** More keys to try after `keyFile`. */
  readonly identityFiles?: readonly string[];
  /** Try no key but those, also of the ssh agent's. */
  readonly identitiesOnly?: boolean;
  /**
   * The socket of the ssh agent to ask, `none`, or `$NAME` of a variable with it; without it SSH_AUTH_SOCK.
   */
  readonly identityAgent?: string;
  /** Certificates for the keys, which we cannot show: only told. */
  readonly certificateFiles?: readonly string[];
  /** Signature algorithms of keys that may be tried (PubkeyAcceptedAlgorithms); all without it. */
  readonly keyAlgorithms?: readonly string[];
  /** The one host key to accept, as in known_hosts (`ssh-ed25519 AAAA…`); without it known_hosts is asked. */
  readonly hostKey?: string;
  /** The name under which known_hosts lists the host, where it is not `host`. */
  readonly hostKeyAlias?: string;
  /** Take an unknown host's key and record it, as `StrictHostKeyChecking accept-new` does. */
  readonly acceptNewHostKey?: boolean;
  /** Go on with a key that has changed, as `StrictHostKeyChecking no` does. */
  readonly acceptChangedHostKey?: boolean;
  /** Compare no host key of a loopback address (NoHostAuthenticationForLocalhost). */
  readonly acceptAnyOnLoopback?: boolean;
  /** Record names of hosts as hashes. */
  readonly hashKnownHosts?: boolean;
  /** A file of host keys never to accept: public keys, or a KRL of ssh-keygen(1). */
  readonly revokedHostKeys?: string;
  /** The files to ask for host keys instead of ssh's own; what is recorded goes into the first. */
  readonly knownHostsFiles?: readonly string[];
  /** Jump hosts, the first one to connect to first. */
  readonly jumps?: readonly SshTarget[];
  /** A command for the shell whose input and output are the connection. */
  readonly proxyCommand?: string;
  readonly addressFamily?: 4 | 6;
  /** The address, or the interface, of the main host to connect from. */
  readonly bindAddress?: string;
  readonly bindInterface?: string;
  /** Seconds that one attempt to connect may take at least. */
  readonly connectTimeout?: number;
  /** The only ones to agree on, the most wanted first; ssh2's own without them. */
  readonly algorithms?: SshAlgorithms;
  /** Variables for each session, of which sshd takes those that its AcceptEnv allows. */
  readonly setEnv?: Readonly<Record<string, string>>;
  /** Names, or patterns of such, of variables of this process to send besides. */
  readonly sendEnv?: readonly string[];
  /** What the user's ssh configuration asks for and we do not do, as lines: told where a login fails. */
  readonly notFollowed?: readonly string[];
}

/** By the names of ssh_config(5), those that ssh2 knows. */
export interface SshAlgorithms {
  readonly kex?: readonly string[];
  readonly cipher?: readonly string[];
  readonly mac?: readonly string[];
  readonly hostKey?: readonly string[];
}
