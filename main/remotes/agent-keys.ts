import { existsSync, readFileSync } from 'node:fs';
import ssh2, {
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';

/**
 * The keys of an ssh agent, the wanted ones first: a server ends the connection after a few that do not fit
 * (sshd_config(5), MaxAuthTries, 6), and an agent may hold more than that.
 */
export class WantedKeysAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: ssh2.BaseAgent<ParsedKey>;
  readonly #wanted: ReadonlySet<string>;
  readonly #only: boolean;

  /** `wanted` in base64, as publicHalf gives them; with `only` no others are offered (ssh_config(5), IdentitiesOnly). */
  constructor(socket: string, wanted: readonly string[], only: boolean) {
    super();
    this.#agent = ssh2.createAgent(socket) as ssh2.BaseAgent<ParsedKey>;
    this.#wanted = new Set(wanted);
    this.#only = only;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    this.#agent.getIdentities((error, keys = []) => {
      if (error) return done(error);
      const isWanted = (key: ParsedKey) => this.#wanted.has(key.getPublicSSH().toString('base64'));
      const others = this.#only ? [] : keys.filter((key) => !isWanted(key));
      done(undefined, [...keys.filter(isWanted), ...others]);
    });
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback | undefined,
    done?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, {}, options);
    else this.#agent.sign(key, data, options ?? {}, done);
  }
}

/**
 * The public half of a private key's file, in base64 as in authorized_keys; it is there in the clear even where the
 * private one is encrypted (PROTOCOL.key of OpenSSH). Undefined where it cannot be had.
 */
export function publicHalf(file: string): string | undefined {
  if (existsSync(`${file}.pub`)) return readFileSync(`${file}.pub`, 'utf8').split(/\s+/)[1];
  if (!existsSync(file)) return undefined;
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(readFileSync(file, 'utf8')) ?? [];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  try {
    let at = 'openssh-key-v1\0'.length;
    const string = () => {
      const length = bytes.readUInt32BE(at);
      at += 4 + length;
      return bytes.subarray(at - length, at);
    };
    // The cipher, the key derivation and its options; then the number of keys.
    for (let skipped = 0; skipped < 3; skipped++) string();
    at += 4;
    return string().toString('base64');
  } catch {
    return undefined;
  }
}
