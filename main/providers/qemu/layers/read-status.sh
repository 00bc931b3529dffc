# shellcheck shell=bash
# Makes the file `status` of what dpkg says in the file system in the file `root` (dpkg(1), debugfs(8)).
: "${root:?}" "${status:?}"
debugfs -R 'cat /var/lib/dpkg/status' "$root" 2>/dev/null > "$status.part-$$"
[ -s "$status.part-$$" ] || { rm -f "$status.part-$$"; die "$root has no packages"; }
chmod 644 "$status.part-$$"
mv -T "$status.part-$$" "$status"
