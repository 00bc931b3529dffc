# shellcheck shell=bash
# survey: looks through what an installation wrote, in the current folder, which is the root of a machine or what was
# written over one. Prints for each file that no package has `stray DIGEST OWNER PATH`, for each in which a name of the
# machine stands `named PATH`, and for each program of a package's that asks for that name as it comes in
# `asks PACKAGE.PROGRAM`, with tabs between. A package's folders on bookworm and later are below /usr, wherever it says
# they are.
#
# The caller sets the first two arrays, and has `written`: it runs find(1) for what was written, with what is given to
# it.
source ./no-links.sh
declare -a base_lists new_lists
# Extended regular expressions of paths that are left out; what the machine is called.
declare -a known names
lists=var/lib/dpkg/info

survey() {
  asking
  comm -z -23 <(files) <(owned) | unknown | sums | add_owners
  if [ ${#names[@]} -gt 0 ]; then
    files | unknown | here | { xargs -0 -r grep -lF "${names[@]/#/-e}" -- || :; } | sed 's#^\.#named\t#'
  fi
}

# What it then does or refuses to do may be another thing on another machine (deb-postinst(5)).
asking() {
  local words='(^|[^[:alnum:]_/.-])(hostname|hostnamectl|dnsdomainname|hostid)($|[^[:alnum:]_.-])'
  local list script
  for list in "${new_lists[@]}"; do
    for script in "${list%.list}".{preinst,config,postinst}; do
      [ -e "$script" ] || continue
      sed 's/^[[:space:]]*#.*//' "$script" | grep -qE "$words"'|/etc/hostname|uname +-n|[$][{]?HOSTNAME' || continue
      printf 'asks\t%s\n' "${script##*/}"
    done
  done
}

# What the provider wrote, what a boot leaves, and what the agent knows of this one machine.
strip_identity() {
  no_links etc/ssh/ root/ tmp/ var/tmp/ var/log/ var/lib/{systemd,dbus,shakedown/agent}/ var/cache/apt/archives/ run/
  rm -f etc/hostname etc/machine-id etc/hosts etc/resolv.conf etc/ssh/ssh_host_ed25519_key{,.pub} \
    var/lib/systemd/random-seed var/lib/dbus/machine-id var/log/{wtmp,btmp,lastlog}
  rm -rf root/.ssh tmp/* var/tmp/* var/lib/shakedown/debs var/cache/apt/archives/*.deb
  find var/lib/shakedown/agent -mindepth 1 ! -name 'held-back*' ! -name installed-debs.json -delete 2>/dev/null || :
}

merged() { sed -E 's#^/(bin|sbin|lib|lib32|lib64|libx32)/#/usr/\1/#'; }

owned() { cat /dev/null "${base_lists[@]}" "${new_lists[@]}" | merged | tr '\n' '\0' | sort -zu; }

# Empty files are all alike.
files() { written -type f -size +0 ! -path "./$lists/*" -printf '/%P\0' | sort -z; }

unknown() {
  if [ ${#known[@]} -eq 0 ]; then cat; else grep -zvE -f <(printf '%s\n' "${known[@]}") || :; fi
}

here() { while IFS= read -r -d '' path; do printf '.%s\0' "$path"; done; }

sums() { here | xargs -0 -r sha256sum -z -- | tr '\n\0' '?\n' | sed -E 's#^([0-9a-f]{64})  \.#\1\t#'; }

# Prints `PACKAGE PATH` for each path of a package that came in.
listed() {
  awk '{ name = FILENAME; sub(/.*\//, "", name); sub(/(:[^:]*)?\.list$/, "", name); print name "\t" $0 }' \
    "${new_lists[@]}" /dev/null | sed -E 's#\t/(bin|sbin|lib|lib32|lib64|libx32)/#\t/usr/\1/#'
}

# Adds the owner of the nearest folder to each line `DIGEST PATH`; `-` where that is none or several.
add_owners() {
  awk -F '\t' '
    FILENAME == ARGV[1] { common[$1]; next }
    FILENAME == ARGV[2] {
      if ($2 in owner && owner[$2] != $1) owner[$2] = "-"; else owner[$2] = $1
      next
    }
    {
      who = "-"
      for (path = $2; sub(/\/[^\/]*$/, "", path) && path != ""; )
        if (path in owner && !(path in common)) { who = owner[path]; break }
      print "stray\t" $1 "\t" who "\t" $2
    }' <(cat /dev/null "${base_lists[@]}" | merged) <(listed) -
}
