# shellcheck shell=bash
# Makes `file`, the keys of Ubuntu's archive, of Debian's package of them, from `mirror`; `proxy` is for apt, or empty.
# apt gets settings, state and cache of its own (apt.conf(5)), so that the main host's are left as they are.
: "${file:?}" "${mirror:?}" "${proxy?}"
part=$file.part-$$
rm -rf "$part"
mkdir -p "$part"/{state/lists/partial,cache/archives/partial,out}
cat > "$part/sources.list" <<SOURCES
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main
SOURCES
cat > "$part/apt.conf" <<SETTINGS
Dir::Etc::SourceList "$part/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$part/state";
Dir::Cache "$part/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
SETTINGS
if [ -n "$proxy" ]; then echo "Acquire::http::Proxy \"$proxy\";" >> "$part/apt.conf"; fi
export APT_CONFIG=$part/apt.conf
(cd "$part/out" && apt-get -q update && apt-get -q download ubuntu-keyring) >&2 || { rm -rf "$part"; exit 1; }
dpkg-deb -x "$part"/out/*.deb "$part/out"
mv "$part/out/usr/share/keyrings/ubuntu-archive-keyring.gpg" "$file"
rm -rf "$part"
