import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineOf } from '../../../../main/providers/capabilities.ts';
import { loginForNewMachines } from '../../../../main/providers/login-for-new-machines.ts';
import { nodeNames } from '../../../../main/providers/nspawn/names.ts';
import { NspawnProvider } from '../../../../main/providers/nspawn/nspawn-provider.ts';
import type { Cluster } from '../../../../main/providers/provider.ts';
import { connectSsh } from '../../../../main/remotes/ssh-remote.ts';
import type { SshTarget } from '../../../../main/remotes/ssh-target.ts';
import { newClusterId } from '../../../../main/run/machines/make-machines.ts';
import type { Cloud } from './cloud.ts';
import type { Call, Fault, Rule } from './fault-proxy.ts';

/** The first address of a subnet that moto and EC2 give to instances (VPC User Guide, "Subnet sizing"). */
const firstAddress = 4;

/**
 * Hardware for the instances that moto only keeps books about: containers at the addresses
 * that it hands out, which a real cloud-init boots with the user data of their instance, and
 * which are switched off when it terminates.
 */
export interface MachineRoom extends AsyncDisposable {
  /** The subnet in which the first instances have a machine. */
  readonly subnet: string;
  /** For the proxy: what happens to instances happens to their machines. */
  readonly rule: Rule;
}

export async function openMachineRoom(count: number, cloud: Cloud): Promise<MachineRoom> {
  const nspawn = new NspawnProvider();
  const ctx = cloud.context({ signal: AbortSignal.timeout(1_800_000) });
  const login = await loginForNewMachines({}, ctx.cacheDir);
  const id = newClusterId();
  // nspawn gives its node 0 the address .2
  const machines = Array.from({ length: count }, (_, n) => ({ id: firstAddress - 2 + n, name: `metal${n}` }));
  const options = { nodes: Array.from({ length: firstAddress - 2 + count }, () => ({})) };
  const close = () => nspawn.destroy({ id }, ctx);
  try {
    const cluster = await nspawn.create({ cluster: id, machines, options, login, shares: [] }, ctx);
    await Promise.all(
      cluster.machines.map(async ({ id: machine, ssh }) => {
        await installCloudInit(ssh);
        await nspawn.powerOff({ cluster, machine }, ctx);
      }),
    );
    const hardware = new Hardware(cluster, cloud, nspawn, ctx);
    const subnet = await subnetFor(cluster, cloud);
    return { subnet, rule: (call) => hardware.fate(call), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A NoCloud seed is the datasource that cloud-init finds without a cloud (its manual, "Datasources"). */
const seed = '/var/lib/cloud/seed/nocloud';

async function installCloudInit(ssh: SshTarget): Promise<void> {
  const signal = AbortSignal.timeout(240_000);
  await using remote = await connectSsh(ssh, { signal, timeout: 200 });
  const install = 'apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-unsafe-io';
  const { exitCode, stderr } = await remote.exec(`${install} cloud-init && mkdir -p ${seed}`, {
    signal,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (exitCode !== 0) throw new Error(`cloud-init could not be installed: ${stderr}`);
}

class Hardware {
  readonly #cluster: Cluster;
  readonly #cloud: Cloud;
  readonly #nspawn: NspawnProvider;
  readonly #ctx: ReturnType<Cloud['context']>;
  constructor(cluster: Cluster, cloud: Cloud, nspawn: NspawnProvider, ctx: ReturnType<Cloud['context']>) {
    this.#cluster = cluster;
    this.#cloud = cloud;
    this.#nspawn = nspawn;
    this.#ctx = ctx;
  }

  fate(call: Call): Fault | undefined {
    const act = (each: (machine: MachineOf, instance: string) => Promise<void>): Fault => ({
      kind: 'then',
      act: async (answer) => {
        const ids = new Set(answer.match(/i-[0-9a-f]{17}/g) ?? [call.get('InstanceId.1') ?? '']);
        await Promise.all(
          [...ids].map(async (id) => {
            const machine = await this.#machineOf(id);
            if (machine) await each(machine, id);
          }),
        );
      },
    });
    const off = (machine: MachineOf) => this.#nspawn.powerOff(machine, this.#ctx);
    switch (call.get('Action')) {
      case 'RunInstances':
        return act((machine, instance) => this.#boot(machine, instance));
      case 'TerminateInstances':
      case 'StopInstances':
        return act(off);
      case 'StartInstances':
        return act((machine) => this.#nspawn.powerOn(machine, this.#ctx));
      case 'RebootInstances':
        // EC2 answers this before anything happens.
        return act(async (machine) => void this.#nspawn.reboot(machine, this.#ctx).catch(console.error));
      default:
        return undefined;
    }
  }

  /** The machine at the address of an instance; it keeps the address in its books when it is terminated. */
  async #machineOf(instance: string): Promise<MachineOf | undefined> {
    const { Reservations } = await this.#cloud.ec2.describeInstances({ InstanceIds: [instance] });
    const address = Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress;
    const machine = this.#cluster.machines.find((each) => each.address === address)?.id;
    return machine === undefined ? undefined : { cluster: this.#cluster, machine };
  }

  /** Its disk is given the user data of the instance, and it is switched on. */
  async #boot(which: MachineOf, instance: string): Promise<void> {
    const { UserData } = await this.#cloud.ec2.describeInstanceAttribute({
      InstanceId: instance,
      Attribute: 'userData',
    });
    const folder = join(nodeNames(this.#cluster.id, which.machine).directory, 'root', seed);
    await writeFile(join(folder, 'user-data'), Buffer.from(UserData?.Value ?? '', 'base64'));
    await writeFile(join(folder, 'meta-data'), `instance-id: ${instance}\n`);
    await this.#nspawn.powerOn(which, this.#ctx);
  }
}

/** The containers' own network as a subnet in moto. */
async function subnetFor({ mainAddress = '' }: Cluster, { ec2 }: Cloud): Promise<string> {
  const cidr = mainAddress.replace(/\.1$/, '.0/24');
  const { Vpc } = await ec2.createVpc({ CidrBlock: cidr });
  const { Subnet } = await ec2.createSubnet({
    VpcId: Vpc?.VpcId ?? '',
    CidrBlock: cidr,
    AvailabilityZone: 'eu-central-1a',
  });
  return Subnet?.SubnetId ?? '';
}
