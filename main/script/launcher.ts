import { shellQuote } from '../remotes/shell-line.ts';

/** What the launcher on the machine must know. Paths are the machine's. */
export interface Launch {
  /** The folder in which all of ours lies. */
  readonly base: string;
  /** Where the script starts. */
  readonly work: string;
  /** The script, absolute. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly tty: boolean;
}

/**
 * The sh script that starts the user's. It tells its process group in `group`, for signals, and
 * outlives SIGTERM to tell the script's exit code. When the script has ended it ends what still
 * holds its output (else the channel would stay open as long as a server that was started in
 * the background), and tells that in `held`.
 */
export function launcherText({ base, work, script, args, env, tty }: Launch): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  const words = [script, ...args].map(shellQuote).join(' ');
  return `umask 022
cd ${shellQuote(work)} || exit 125
base=${shellQuote(base)}
trap : TERM INT HUP
read -r _ _ _ _ group _ < /proc/$$/stat && echo "$group" > "$base/group"
(
${exports.join('\n')}
exec ${words}${tty ? '' : ' </dev/null'}
)
code=$?
${endHolders}
exit "$code"
`;
}

/**
 * Of processes that have our stdout or stderr open all but those above us: sshd has its end of it. Ours are
 * closed first, so that what we start for the search is not found.
 */
const endHolders = `
above=" "
pid=$$
while [ "\${pid:-0}" -gt 1 ]; do
  above="$above$pid "
  read -r stat < "/proc/$pid/stat" || break
  set -- \${stat##*) }
  pid=$2
done 2>/dev/null
out=$(readlink "/proc/$$/fd/1" | sed 's/[][]/\\\\&/g')
err=$(readlink "/proc/$$/fd/2" | sed 's/[][]/\\\\&/g')
case $out in pipe:* | socket:* | /dev/pts/*) ;; *) out=none ;; esac
case $err in pipe:* | socket:* | /dev/pts/*) ;; *) err=none ;; esac
exec </dev/null >/dev/null 2>&1
holders() {
  find /proc/[0-9]*/fd -maxdepth 1 '(' -lname "$out" -o -lname "$err" ')' | cut -d/ -f3 | sort -u |
    while read -r pid; do
      case $above in *" $pid "*) ;; *) echo "$pid" ;; esac
    done
}
found=$(holders)
if [ -n "$found" ]; then
  for pid in $found; do
    printf '%s (%s) ' "$pid" "$(tr '\\0' ' ' < "/proc/$pid/cmdline" | cut -c1-60 | sed 's/ *$//')"
  done > "$base/held"
  kill -s TERM $found
  for wait in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(holders)" ] || break
    sleep 0.1
  done
  found=$(holders)
  [ -z "$found" ] || kill -s KILL $found
fi`;
