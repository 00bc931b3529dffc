# shellcheck shell=bash
# Keeps what a node is, that was surveyed, as the layer `key` in the folder `layers`, in place of one that is there. The
# node's files are renamed and not copied; it is whole on the disk before anyone sees it.
: "${home:?the folder of the node}" "${layers:?}" "${key:?}" "${about:?the text of layer.json}" "${description:?}"
: "${keep_days:?for layers that nobody asks for}" "${enable:?the path of a program on the nodes}"
# Paths of files that stay out of it.
declare -a without
upper=$home/disk/upper

# A file, and the links beside it that lead to it.
leave_out() {
  local file=$upper$1 folder=${1%/*}
  rm -f -- "$file"
  find "$upper$folder" -maxdepth 1 -type l \( -lname "${1##*/}" -o -lname "$1" \) -delete 2>/dev/null || :
}

# Units that the installation enabled would start as a node boots, before their config is there. Their links are taken
# out; the program that puts them back is run on the node in place of the installation.
hold_back() {
  local program=$upper$enable link
  mkdir -p "${program%/*}"
  echo 'set -e' > "$program"
  while read -r -d '' link; do
    if [ -L "$home/tree/$link" ]; then continue; fi
    printf 'mkdir -p %q; ln -sfn %q %q\n' "/${link%/*}" "$(readlink "$upper/$link")" "/$link" >> "$program"
    rm "$upper/$link"
  done < <(cd "$upper" && find etc/systemd/system/*.{wants,requires} etc/rc[S2345].d -type l \
    \( ! -path 'etc/rc*' -o -name 'S*' \) -print0 2>/dev/null)
  printf 'rm %q\n' "$enable" >> "$program"
}

source ../../debian/take-lock.sh

mkdir -p "$layers"
take_lock "$layers/$key.lock" 8
touch "$layers/$key.lock"
# What a killed one left.
rm -rf --one-file-system "$layers/$key".part-*
[ "$(stat -c %d "$upper")" = "$(stat -c %d "$layers")" ] || die "$layers is on another file system than the nodes"
for path in "${without[@]}"; do leave_out "$path"; done
hold_back
new=$layers/$key.part-$$
mkdir "$new"
# A full disk must not leave half of it.
give_up() { rm -rf --one-file-system "$new"; exit 1; }
mv -T "$upper" "$new/upper" || give_up
printf '%s\n' "$about" > "$new/layer.json" || give_up
# Nothing of it was written through so far.
sync -f "$new" || give_up
source ../../debian/place-build.sh
place_build "$new" "$layers/$key" "$description"
