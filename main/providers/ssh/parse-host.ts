import { present } from '../../../common/present.ts';
/** One machine as it was written, taken apart. */
export interface ParsedHost {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly name?: string;
  readonly role?: string;
  readonly key?: string;
  /** Arguments of ssh(1), which count more than what ~/.ssh/config says. */
  readonly sshArguments?: readonly string[];
  /** What is asked for besides and not done, as lines: told where a login fails. */
  readonly notFollowed?: readonly string[];
}

type Optional<Type> = { readonly [Key in keyof Type]: Type[Key] | undefined };

/** Takes `user@host:port` and `user@[::1]:port` apart. */
export function parseHost(
  written: string | (Pick<ParsedHost, 'address'> & Partial<Optional<ParsedHost>>),
): ParsedHost {
  if (typeof written !== 'string') {
    return Object.fromEntries(
      Object.entries(written).filter(([, value]) => value !== undefined),
    ) as unknown as ParsedHost;
  }
  const [, user, bracketed, plain, number] =
    /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(written) ?? [];
  return {
    address: bracketed ?? plain ?? written,
    ...present({ user, port: number === undefined ? undefined : Number(number) }),
  };
}
