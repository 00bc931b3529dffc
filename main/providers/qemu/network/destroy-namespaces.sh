# shellcheck shell=bash
# Takes away all of a cluster that was made without root: its processes, of which each has a word that `pattern` matches,
# go with the first of its namespaces, and their network with them.
: "${dir:?the folder of the cluster}" "${pattern:?}"
for _ in {1..200}; do
  mapfile -t pids < <(grep -lzxaE -e "$pattern" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3)
  if [ ${#pids[@]} -eq 0 ]; then break; fi
  kill -KILL "${pids[@]}" 2>/dev/null || :
  sleep 0.05
done
[ ${#pids[@]} -eq 0 ] || die "these processes do not end: ${pids[*]}"
rm -rf --one-file-system "$dir" "$dir.new"
