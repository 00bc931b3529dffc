# shellcheck shell=bash
# What is done to an installation before it is kept: `leave_out` and `hold_back`, in the current folder, which is the
# root of a machine or what was written over one. The caller has `made_links`: it runs find(1) in `unit_folders`, with
# what is given to it, for links that the installation made.
source ./no-links.sh
: "${enable:?the path of a program on the nodes}"
# Paths of files that stay out of it.
declare -a without

# Files, and the links beside them that lead to them.
leave_out() {
  local file
  no_links "${without[@]}"
  for file in "${without[@]}"; do
    rm -f -- ".$file"
    find ".${file%/*}" -maxdepth 1 -type l \( -lname "${file##*/}" -o -lname "$file" \) -delete 2>/dev/null || :
  done
}

# Units that the installation enabled would start as a node boots, before their config is there. Their links are taken
# out; the program that puts them back is run on the node in place of the installation.
hold_back() {
  local program=.$enable link
  no_links "$enable" etc/systemd/system/
  # The first is for find, which without any looks everywhere.
  # shellcheck disable=SC2034 # For made_links.
  unit_folders=(/dev/null etc/systemd/system/*.{wants,requires} etc/rc[S2345].d)
  mkdir -p "${program%/*}"
  echo 'set -e' > "$program"
  while read -r -d '' link; do
    printf 'mkdir -p %q; ln -sfn %q %q\n' "/${link%/*}" "$(readlink "$link")" "/$link" >> "$program"
    rm "$link"
  done < <(made_links -type l \( ! -path 'etc/rc*' -o -name 'S*' \) -print0)
  printf 'rm %q\n' "$enable" >> "$program"
}
