# shellcheck shell=bash
# Boots `kernel` with `initrd` under KVM, for at most so many `seconds`, and prints what it says and how QEMU ended.
: "${kernel:?}" "${initrd:?}" "${seconds:?}"
timeout -k 1 "$seconds" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine pc \
  -accel kvm -cpu host -m 256M -kernel "$kernel" -initrd "$initrd" \
  -append 'console=ttyS0 shakedown.trial panic=-1' -serial stdio 2>&1 || echo "ended with $?"
