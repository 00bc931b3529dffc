import { isIPv6 } from 'node:net';
import { UsageError } from '../../../common/errors.ts';

/** More than this from one line is a slip of the finger, not a cluster. */
const most = 1000;

/**
 * The names that `node[01-20].example` stands for, in order: `[01-20]` and Ansible's `[01:20]` count
 * with the leading zeros of the first number, `[a-f]` goes through letters, `[0:10:2]` takes every
 * second, `[1-3,7]` is a list; several of them give every combination. An IPv6 address in brackets is
 * left as it is. Throws UsageError for what is no range.
 */
export function expandRanges(written: string): readonly string[] {
  const names = expandFirst(written, 0);
  if (names.length <= most) return names;
  throw new UsageError(`'${written}' stands for more than ${most} machines`);
}

function expandFirst(written: string, from: number): readonly string[] {
  const open = written.indexOf('[', from);
  if (open === -1) return [written];
  const close = written.indexOf(']', open);
  const inside = written.slice(open + 1, close === -1 ? undefined : close);
  if (close === -1) throw new UsageError(`'${written}' has a '[' without its ']'`);
  // To look at a text as an address of IPv6 costs Node 4 ms the first time.
  if (inside.includes(':') && isIPv6(inside)) return expandFirst(written, close + 1);
  const before = written.slice(0, open);
  const names: string[] = [];
  for (const member of inside.split(',').flatMap((part) => members(part, written))) {
    names.push(
      ...expandFirst(`${before}${member}${written.slice(close + 1)}`, before.length + member.length),
    );
    if (names.length > most) break;
  }
  return names;
}

function members(part: string, written: string): readonly string[] {
  if (/^\w+$/.test(part)) return [part];
  const [, first = '', last = '', step = '1'] = /^(\w+)[-:](\w+)(?::(\d+))?$/.exec(part) ?? [];
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) {
    const width = first.startsWith('0') ? first.length : 0;
    return count([Number(first), Number(last), Number(step)], written, (number) =>
      String(number).padStart(width, '0'),
    );
  }
  const letters = /^([a-z][a-z]|[A-Z][A-Z])$/.test(first + last) && first.length === 1;
  if (!letters) throw new UsageError(`'${written}': '[${part}]' is no range such as [01-20] or [a-f]`);
  const bounds = [first.charCodeAt(0), last.charCodeAt(0), Number(step)] as const;
  return count(bounds, written, (code) => String.fromCharCode(code));
}

function count(
  [first, last, step]: readonly [first: number, last: number, step: number],
  written: string,
  name: (place: number) => string,
): readonly string[] {
  if (last < first)
    throw new UsageError(`'${written}': a range goes upwards, [${name(last)}-${name(first)}]`);
  if (step === 0) throw new UsageError(`'${written}': a range cannot go in steps of 0`);
  const length = Math.min(Math.floor((last - first) / step) + 1, most + 1);
  return Array.from({ length }, (_, index) => name(first + index * step));
}

/** Parts with commas between, but for those commas that stand in a range: `a,node[1-3,7]`. */
export const splitHosts = (written: string): readonly string[] => written.split(/,(?![^[\]]*\])/);
