import type { HostSettings } from './host-settings.ts';

/** An option of ssh_config(5) that OpenSSH follows and we do not. */
export interface NotFollowed {
  readonly keyword: string;
  /** What that means, and what to do instead. */
  readonly means: string;
}

interface Row extends NotFollowed {
  /** Whether a value, which is not ssh's default, asks for something. */
  readonly asks: (value: string) => boolean;
}

const is =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value.toLowerCase());
const isSet = (value: string) => !is('none', 'no', 'false')(value);

/** What may be why a machine cannot be reached that ssh reaches. */
const rows: readonly Row[] = [
  {
    keyword: 'ControlPath',
    asks: isSet,
    means: 'a connection that ssh has open is not shared: what let that one in is asked for again',
  },
  {
    keyword: 'PKCS11Provider',
    asks: isSet,
    means: 'keys of a token come by the ssh agent alone: ssh-add -s LIBRARY',
  },
  {
    keyword: 'SecurityKeyProvider',
    asks: (value) => value !== 'internal',
    means: 'ssh2 has no FIDO keys (ed25519-sk, ecdsa-sk): another key is needed',
  },
  { keyword: 'GSSAPIAuthentication', asks: is('yes'), means: 'ssh2 has no Kerberos: a key is needed' },
  {
    keyword: 'HostbasedAuthentication',
    asks: is('yes', 'true'),
    means: 'only keys are tried: one is needed',
  },
  {
    keyword: 'PubkeyAuthentication',
    asks: is('no', 'false'),
    means: 'only keys are tried, and nobody is asked for a password: a key is needed',
  },
  {
    keyword: 'PreferredAuthentications',
    asks: (value) => !value.split(',').includes('publickey'),
    means: 'only keys are tried, and nobody is asked for a password: a key is needed',
  },
  {
    keyword: 'KnownHostsCommand',
    asks: isSet,
    means: 'it is not run: host keys must stand in known_hosts',
  },
  {
    keyword: 'VerifyHostKeyDNS',
    asks: isSet,
    means: 'host keys are not looked up in the DNS: they must stand in known_hosts',
  },
  {
    keyword: 'ProxyUseFdpass',
    asks: is('yes'),
    means: 'the command of ProxyCommand must pass the bytes on itself',
  },
];

/** Those that settings ask for, which are the ones that differ from ssh's defaults. */
export const notFollowed = (settings: HostSettings): readonly NotFollowed[] =>
  rows.filter(({ keyword, asks }) => settings.get(keyword.toLowerCase())?.some(asks));
