import { quote } from '../../host/root-script.ts';
import { type Identity, identityScript } from '../machines/identity-script.ts';
import { machineArguments } from '../machines/machine-arguments.ts';
import { discardFunction, discardUnused } from './discard-script.ts';
import type { TemplatePlan } from './template.ts';

/** What a template may take to boot, in seconds, before it is given up: emulated, on a busy host. */
const patience = 300;

/** In the machine, when all is up: what a clone would have to read from its disk again is not worth saving. */
const settle = 'systemctl is-system-running --wait || :; sync; echo 3 > /proc/sys/vm/drop_caches';

/**
 * The script that boots a machine, saves it while it runs, with its disk, and ends it (QMP's `migrate`). The machine ends
 * with the script, however that ends. What is saved waits for its next command on its second serial port, without a network.
 */
export function saveTemplateScript(
  plan: Omit<TemplatePlan, 'os'>,
  directory: string,
  about: string,
  who?: Pick<Identity, 'name' | 'machineId' | 'hostKey' | 'publicHostKey'>,
): string {
  const words = machineArguments({
    name: 'sq-template',
    hardware: plan.hardware,
    boot: { ...plan.boot, initrd: 'initrd' },
    disk: 'disk.qcow2',
    extraDisk: 'shares.raw',
    network: { kind: 'none' },
    mac: '52:54:00:00:00:01',
    console: 'file,path=console.log',
    port: 'pipe,path=port',
    monitor: 'stdio',
  });
  const identity = who ? identityScript({ ...who, user: 'root', publicKey: '' }) : '';
  return `
home=${quote(directory)}
mkdir -p "\${home%/*}"
exec 8>>"$home.lock"; flock 8
[ ! -e "$home" ] || exit 0
rm -rf --one-file-system "$home.part"; mkdir -p "$home.part"; cd "$home.part"
printf %s ${quote(about)} > about.json
qemu-img create -q -f qcow2 -F qcow2 -b ${quote(plan.disk)} disk.qcow2
truncate -s ${plan.sharesSize} shares.raw
{ echo 'hosts="127.0.0.1 localhost"; resolv_conf='; printf %s ${quote(identity)}; } > identity
(cat ${quote(plan.boot.initrd)}; echo identity | ${quote(plan.boot.busybox)} cpio -o -H newc 2>/dev/null | gzip -1) > initrd
mkfifo port.in port.out
exec 5<>port.in 6<>port.out
coproc vm { exec setpriv --pdeathsig KILL -- qemu-system-x86_64 ${words.map(quote).join(' ')} 2>qemu.log 5<&- 6<&- 8>&-; }
machine=$vm_PID
alive() { kill -0 $machine 2>/dev/null || { cat qemu.log console.log >&2; die 'the virtual machine ended'; }
  [ $SECONDS -lt ${patience} ] || { tail -n 8 console.log >&2; die 'the virtual machine did not come up in ${patience} s'; }; }
line=
until [[ $line == '1 0'* ]]; do alive; echo 1 >&5; read -r -t 0.5 -u 6 line || :; done
echo "2 $(base64 -w 0 <<<${quote(settle)})" >&5
until [[ $line == '2 0 '* ]]; do alive; read -r -t 1 -u 6 line || :; done
qmp() { echo "$1" >&\${vm[1]}; }
qmp '{"execute":"qmp_capabilities"}'
qmp '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":17179869184}}'
qmp '{"execute":"migrate","arguments":{"uri":"exec:cat > memory"}}'
until [[ $line == *'"status": "completed"'* ]]; do
  alive
  if [[ $line == *'"status": "failed"'* || $line == *'"error"'* ]]; then die "QEMU could not save the machine: $line"; fi
  qmp '{"execute":"query-migrate"}'; read -r -t 0.1 -u \${vm[0]} line || :
done
qmp '{"execute":"quit"}'
wait $machine || :
rm -f port.in port.out initrd identity shares.raw
mv -T "$home.part" "$home"
${discardFunction()}
${discardUnused('home')}`;
}
