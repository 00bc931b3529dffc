import type { FailureDetails } from '../../../common/errors.ts';

/** What the words of QEMU mean here, and what to do about it. */
export function explainStart(stderr: string): Partial<FailureDetails> {
  if (/cannot set up guest memory|Cannot allocate memory/.test(stderr)) {
    return {
      message: 'there is no memory for one more virtual machine',
      hint: "ask for fewer machines or less 'memory' for each, or destroy others: shakedown reap",
    };
  }
  if (/No space left on device/.test(stderr)) {
    return {
      message: 'there is no space for the disks of the virtual machines',
      hint: 'make room in /var/lib/shakedown (without root: in your home)',
    };
  }
  if (/genisoimage: (command )?not found/.test(stderr)) {
    return {
      message: 'what cloud-init is to read cannot be packed: genisoimage is missing',
      hint: 'apt-get install genisoimage',
    };
  }
  if (/\/dev\/net\/tun"?\)?: Permission denied/.test(stderr)) {
    return {
      message: 'this user may not use /dev/net/tun, which networks without root are made with',
      hint: 'sudo chmod 666 /dev/net/tun (what udev does where it runs)',
    };
  }
  const model = /unable to find CPU model '(.*)'/.exec(stderr)?.[1];
  if (model !== undefined) {
    return {
      message: `QEMU knows no processor '${model}'`,
      hint: "correct 'cpuModel': qemu-system-x86_64 -cpu help lists them",
    };
  }
  const port = /Could not set up host forwarding rule '(.*)'/.exec(stderr)?.[1];
  if (port !== undefined) {
    return {
      message: `a port of this host is taken: ${port}`,
      hint: "choose other 'ports', or use network: 'bridge'",
    };
  }
  return { hint: "'shakedown doctor' says what this machine lacks" };
}
