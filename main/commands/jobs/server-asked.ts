import { UsageError } from '../../../common/errors.ts';
import type { ApiOptions } from '../../jobs/client/jobs-api.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';

/** Which job server a command asks, and as whom. Throws UsageError. */
export function serverAsked(
  options: CommandOptions,
  { env }: Pick<CommandEnvironment, 'env'>,
): Required<Pick<ApiOptions, 'server' | 'token'>> {
  const server = options.server === undefined ? env.SHAKEDOWN_SERVER : String(options.server);
  if (!server)
    throw new UsageError('Which job server?', { hint: '--server http://host:7411, or SHAKEDOWN_SERVER' });
  const odd = server.split(',').find((each) => !/^https?:\/\/[^/\s]+\/?$/.test(each.trim()));
  if (odd !== undefined)
    throw new UsageError(`'${odd}' is no address of a job server.`, { hint: '--server http://host:7411' });
  const token = options.token === undefined ? env.SHAKEDOWN_TOKEN : String(options.token);
  if (!token) throw new UsageError('A token is needed.', { hint: '--token …, or SHAKEDOWN_TOKEN' });
  return { server, token };
}

/** What a flag's number may be. */
interface Bounds {
  readonly from: number;
  readonly to?: number;
}

/** A whole number of a flag. Throws UsageError. */
export function wholeNumber(
  options: CommandOptions,
  name: string,
  { from, to = Number.POSITIVE_INFINITY }: Bounds,
): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const given = /^-?\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (given >= from && given <= to) return given;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const bounds = to === Number.POSITIVE_INFINITY ? `from ${from}` : `from ${from} to ${to}`;
  throw new UsageError(`--${flag} takes a whole number ${bounds}; found '${value}'.`);
}
