# shellcheck shell=bash
# Boots a machine, saves it while it runs, with its disk, and ends it (QMP's `migrate`): its folder is `home`. The
# machine ends with this script, however that ends. What is saved waits for its next command on its second serial port,
# without a network.
#
# Given besides: disk (the image to lie over), shares_bytes (the size of the second disk, which each clone brings
# itself), about (what it is made of, for about.json), identity (the machine's program), initrd, busybox, qemu (an array:
# QEMU's command line), patience (seconds for it to boot).
set -eu
: "${home:?}" "${disk:?}" "${shares_bytes:?}" "${about:?}" "${identity:?}" "${initrd:?}" "${busybox:?}"
: "${qemu:?}" "${patience:?}"

source ./discard.sh

mkdir -p "${home%/*}"
exec 8>>"$home.lock"; flock 8
[ ! -e "$home" ] || exit 0
rm -rf --one-file-system "$home.part"; mkdir -p "$home.part"; cd "$home.part"
printf %s "$about" > about.json
qemu-img create -q -f qcow2 -F qcow2 -b "$disk" disk.qcow2
truncate -s "$shares_bytes" shares.raw
{ echo 'hosts="127.0.0.1 localhost"; resolv_conf='; printf %s "$identity"; } > identity
# shellcheck disable=SC2094 # `initrd` is not "$initrd".
(cat "$initrd"; echo identity | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > initrd

mkfifo port.in port.out
exec 5<>port.in 6<>port.out
coproc vm { exec setpriv --pdeathsig KILL -- "${qemu[@]}" 2>qemu.log 5<&- 6<&- 8>&-; }
# shellcheck disable=SC2154 # Set by coproc.
machine=$vm_PID
alive() {
  kill -0 "$machine" 2>/dev/null || { cat qemu.log console.log >&2; die 'the virtual machine ended'; }
  [ $SECONDS -lt "$patience" ] || {
    tail -n 8 console.log >&2
    die "the virtual machine did not come up in $patience s"
  }
}

# As port.sh answers: `NUMBER EXIT-CODE OUTPUT`.
line=
until [[ $line == '1 0'* ]]; do alive; echo 1 >&5; read -r -t 0.5 -u 6 line || :; done
# What a clone would have to read from its disk again is not worth saving.
when_up='systemctl is-system-running --wait || :; sync; echo 3 > /proc/sys/vm/drop_caches'
echo "2 $(base64 -w 0 <<<"$when_up")" >&5
until [[ $line == '2 0 '* ]]; do alive; read -r -t 1 -u 6 line || :; done

qmp() { echo "$1" >&"${vm[1]}"; }
qmp '{"execute":"qmp_capabilities"}'
qmp '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":17179869184}}'
qmp '{"execute":"migrate","arguments":{"uri":"exec:cat > memory"}}'
until [[ $line == *'"status": "completed"'* ]]; do
  alive
  if [[ $line == *'"status": "failed"'* || $line == *'"error"'* ]]; then
    die "QEMU could not save the machine: $line"
  fi
  qmp '{"execute":"query-migrate"}'; read -r -t 0.1 -u "${vm[0]}" line || :
done
qmp '{"execute":"quit"}'
wait "$machine" || :
rm -f port.in port.out initrd identity shares.raw
mv -T "$home.part" "$home"
discard_unused "$home"
