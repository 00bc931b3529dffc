# shellcheck shell=sh
# Tells how a script left its machine: a line of what was ended, one of what is left running, then words.
: "${base:?our folder on the machine}" "${interpreter?of the script}"

cat "$base/held" 2>/dev/null
echo
cat "$base/left" 2>/dev/null
echo
if [ -n "$interpreter" ] && ! command -v "$interpreter" >/dev/null; then echo no-interpreter; fi
[ -d /run/systemd/system ] || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10; do
  state=$(systemctl is-system-running 2>/dev/null)
  case $state in unknown | offline | '') sleep 0.3 ;; *) break ;; esac
done
echo "$state"
