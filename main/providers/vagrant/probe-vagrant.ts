import { execa } from 'execa';
import type { ProbeResult } from '../provider.ts';

/** Debian's packages with vagrant and a provider that Vagrantfiles name. */
const packages = ['vagrant', 'vagrant-libvirt', 'libvirt-daemon-system'];

/**
 * Whether vagrant is there; which of its providers works is found out by
 * `vagrant up`, since asking takes seconds.
 */
export async function probeVagrant(signal: AbortSignal): Promise<ProbeResult> {
  const found = await execa('sh', ['-c', 'command -v vagrant'], { cancelSignal: signal, reject: false });
  if (found.exitCode === 0) return { ok: true };
  signal.throwIfAborted();
  const reason = `vagrant is not installed: apt-get install ${packages.join(' ')}`;
  return { ok: false, reason, missingPackages: packages };
}
