import { marker, plainLine } from './plain-line.ts';
import { asRoot, shellQuote } from './shell-line.ts';

/**
 * A command line that ends all processes of one `exec`: those that carry its mark in their environment,
 * and those of the session that it leads (sshd gives each command one; proc(5) for the fields of `stat`).
 * They are asked to, and what is left a second later is made to. As root where sudo or doas allows, for
 * the command may have become another user.
 */
export function killLine(id: string, user: string): string {
  const script = killScript(`${marker}=${id}`);
  const own = `sh -c ${shellQuote(script)}`;
  return plainLine(user === 'root' ? script : `{ ${asRoot} ${own}; } 2>/dev/null || ${own}`);
}

const killScript = (mark: string): string => `
leaders=
session() {
  read -r stat < "/proc/$1/stat" || return 1
  set -- \${stat##*) }
  [ "$1" != Z ] && sid=$4
}
look() {
  found=$(grep -slzx ${mark} /proc/[0-9]*/environ | cut -d/ -f3)
  for pid in $found; do
    session "$pid" && [ "$sid" = "$pid" ] && leaders="$leaders $pid"
  done
  [ -n "$leaders" ] || return 0
  for directory in /proc/[0-9]*; do
    pid=\${directory#/proc/}
    session "$pid" && case "$leaders " in *" $sid "*) found="$found $pid" ;; esac
  done
} 2>/dev/null
end() { kill -s "$1" $found 2>/dev/null; }
look
[ -z "$found" ] || end TERM
for wait in 1 2 3 4 5 6 7 8 9 10; do
  [ -n "$found" ] || exit 0
  sleep 0.1
  look
done
end KILL
look
[ -z "$found" ] || end KILL
exit 0`;
