import { execa } from 'execa';
import { rootCanBeHad } from '../host/own-root.ts';
import { runScript } from '../host/root-script.ts';
import { clusterOf, machineNameFor } from './cluster-folder.ts';

/**
 * Containers and virtual machines with a cluster's name, and disks without a machine, as LXC and libvirt themselves
 * list them: vagrant knows a machine only once it is whole.
 */
const listing = `
if command -v lxc-config >/dev/null; then ls -1 "$(lxc-config lxc.lxcpath)" || :; fi 2>/dev/null
if command -v virsh >/dev/null && [ -S /run/libvirt/libvirt-sock ]; then
  virsh -qc qemu:///system list --all --name || :
  for pool in $(virsh -qc qemu:///system pool-list --name || :); do virsh -qc qemu:///system vol-list $pool | awk '{ print $1 }' || :; done
fi 2>/dev/null`;

/**
 * What to run the scripts by: root where we can be root, else ourselves, to whom libvirt may listen. Undefined where
 * neither LXC nor libvirt is there to be asked.
 */
export async function asRoot(): Promise<readonly string[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const there = await execa('sh', ['-c', 'PATH=$PATH:/usr/sbin; command -v lxc-ls || command -v virsh'], {
    reject: false,
  });
  if (there.exitCode !== 0) return undefined;
  return process.getuid?.() !== 0 && rootCanBeHad() ? ['sudo', '-n'] : [];
}

/** The ids of all clusters of which a machine is left; none where we may not look. */
export async function strayClusters(signal: AbortSignal): Promise<readonly string[]> {
  const through = await asRoot();
  if (!through) return [];
  const failure = { message: 'could not list machines' };
  const printed = await runScript(through, listing, { signal, failure }).catch(() => '');
  return [...new Set(printed.split('\n').flatMap((name) => clusterOf(name.trim()) ?? []))];
}

/** Takes away what of a cluster LXC and libvirt still have, processes that are making it included. */
export async function removeStrays(id: string, signal: AbortSignal): Promise<void> {
  const through = await asRoot();
  if (!through) return;
  await runScript(through, strayScript(id), {
    signal,
    failure: {
      message: `could not take away all machines of vagrant cluster ${id}`,
      phase: 'machines',
      hint: "end what still uses them, then run 'shakedown reap'",
    },
  });
}

/** Ends a cluster's containers at once, side by side: `vagrant destroy` gives each a minute to shut down, one by one. */
export async function killContainers(id: string, signal: AbortSignal): Promise<void> {
  const through = await asRoot();
  if (!through) return;
  const script = `
pids=()
for name in $(lxc-ls -1 --active | grep "^${machineNameFor(id, '')}"); do lxc-stop -k -n $name & pids+=($!); done
for pid in "\${pids[@]}"; do wait $pid || :; done`;
  await runScript(through, script, { signal, failure: { message: 'could not stop the containers' } });
}

/** The script that `removeStrays` runs. */
export const strayScript = (id: string): string => `
prefix=${machineNameFor(id, '')}
failed=
fail() { echo "$*" >&2; failed=1; }
folder=$(lxc-config lxc.lxcpath 2>/dev/null || :)
# LXC's tools that work on such a container, and the tar that unpacks one; its monitor has another name for itself.
makers() {
  local file pid first
  for file in $(grep -lasF -- "$prefix" /proc/[0-9]*/cmdline); do
    read -r -d '' first 2>/dev/null < $file || continue
    pid=\${file#/proc/}
    case $(< /proc/\${pid%/*}/comm) in
      lxc-create|lxc-template|lxc-start|lxc-attach|lxc-stop|lxc-destroy)
        if [[ $first != '[lxc monitor]'* ]]; then echo \${pid%/*}; fi ;;
    esac
  done 2>/dev/null
  for file in $(find /proc -maxdepth 2 -name cwd -lname "$folder/$prefix*"); do
    pid=\${file#/proc/}
    if [ "$(< /proc/\${pid%/*}/comm)" = tar ]; then echo \${pid%/*}; fi
  done 2>/dev/null
}
for round in {1..100}; do
  pids=$(makers || :)
  if [ -z "$pids" ]; then break; fi
  kill -KILL $pids 2>/dev/null || :
  sleep 0.05
done
if [ -n "$folder" ]; then
  for name in $( { lxc-ls -1 --active; ls -1 $folder; } 2>/dev/null | grep "^$prefix" | sort -u); do
    lxc-unfreeze -n $name 2>/dev/null || :
    lxc-stop -k -n $name 2>/dev/null || :
    lxc-destroy -f -n $name >/dev/null 2>&1 || :
    if [ -e $folder/$name ]; then
      umount -l $folder/$name/rootfs 2>/dev/null || :
      rm -rf --one-file-system $folder/$name || fail "the container $name cannot be removed"
    fi
  done
fi
if command -v virsh >/dev/null && [ -S /run/libvirt/libvirt-sock ]; then
  for name in $(virsh -qc qemu:///system list --all --name | grep "^$prefix" || :); do
    virsh -qc qemu:///system destroy $name >/dev/null 2>&1 || :
    virsh -qc qemu:///system undefine --snapshots-metadata --managed-save --nvram $name >/dev/null 2>&1 ||
      virsh -qc qemu:///system undefine $name >/dev/null || fail "the virtual machine $name cannot be removed"
  done
  for pool in $(virsh -qc qemu:///system pool-list --name || :); do
    for volume in $(virsh -qc qemu:///system vol-list $pool | awk '{ print $1 }' | grep "^$prefix" || :); do
      virsh -qc qemu:///system vol-delete --pool $pool $volume >/dev/null || fail "the disk $volume cannot be removed"
    done
  done
fi
[ -z "$failed" ] || exit 1
`;
