# shellcheck shell=bash
# unpack_modules INITRD: reads what `modprobe -D` prints (`insmod PATH OPTIONS`, the path below the current folder) and
# puts the modules into INITRD/modules as insmod takes them, with their names in `order`.
unpack_modules() {
  local modules=$1/modules verb module plain
  while read -r verb module _; do
    [ "$verb" = insmod ] || continue
    plain=${module##*/}; plain=${plain%.?z}; plain=${plain%.zst}
    case $module in
      *.xz) xz -dc ".$module" ;;
      *.gz) gzip -dc ".$module" ;;
      *.zst) zstd -dc ".$module" ;;
      *) cat ".$module" ;;
    esac > "$modules/$plain"
    grep -qx "$plain" "$modules/order" 2>/dev/null || echo "$plain" >> "$modules/order"
  done
}
