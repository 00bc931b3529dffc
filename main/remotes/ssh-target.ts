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
  /** The one host key to accept, as in known_hosts (`ssh-ed25519 AAAA…`); without it known_hosts is asked. */
  readonly hostKey?: string;
  /** The name under which known_hosts lists the host, where it is not `host`. */
  readonly hostKeyAlias?: string;
  /** Take an unknown host's key and record it, as `StrictHostKeyChecking accept-new` does. */
  readonly acceptNewHostKey?: boolean;
  /** The files to ask for host keys instead of ssh's own. */
  readonly knownHostsFiles?: readonly string[];
  /** Jump hosts, the first one to connect to first. */
  readonly jumps?: readonly SshTarget[];
  /** A command for the shell whose input and output are the connection. */
  readonly proxyCommand?: string;
}
