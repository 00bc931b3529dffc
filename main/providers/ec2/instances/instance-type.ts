import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import { bytes } from '../../machine-options.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import { Ec2Error } from '../api/ec2-error.ts';

/** An instance type as far as it matters here. */
export interface InstanceType {
  /** `x86_64` or `arm64`. */
  readonly architecture: string;
  /** Bytes; absent where the cloud does not tell. */
  readonly memory?: number;
  readonly cpus?: number;
}

/** Clouds with a part of EC2's API do not know every action. */
export const unknownAction = (error: unknown): boolean =>
  error instanceof Ec2Error &&
  /^(InvalidAction|UnknownOperation.*|NotImplemented|UnsupportedOperation)$/.test(error.code);

/** Asks about a type (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes). */
export async function instanceType(name: string, api: Ec2Api, signal: AbortSignal): Promise<InstanceType> {
  const answer = await api
    .call(`describe the instance type ${name}`, signal, (ec2, options) =>
      ec2.describeInstanceTypes({ InstanceTypes: [name as never] }, options),
    )
    .catch((error: unknown) => {
      if (unknownAction(error)) return undefined;
      throw error;
    });
  if (answer === undefined) return { architecture: 'x86_64' };
  const [found] = answer.InstanceTypes ?? [];
  if (!found) {
    throw new ShakedownError({
      message: `${describeCloud(api.cloud)} has no instance type ${name}`,
      phase: 'machines',
      hint: "correct 'type'",
    });
  }
  const supported = found.ProcessorInfo?.SupportedArchitectures ?? [];
  const mebibytes = found.MemoryInfo?.SizeInMiB;
  const memory = mebibytes === undefined ? undefined : mebibytes * 1024 ** 2;
  const cpus = found.VCpuInfo?.DefaultVCpus;
  return {
    architecture: supported.find((each) => each === 'x86_64' || each === 'arm64') ?? 'x86_64',
    ...present({ memory, cpus }),
  };
}

/**
 * Instances cannot be held to less than their type, but the type must have what
 * is asked for. Throws UsageError.
 */
export function refuseTooSmall(
  type: string,
  { memory = Number.POSITIVE_INFINITY, cpus = Number.POSITIVE_INFINITY }: InstanceType,
  wanted: { readonly memory?: number | string | undefined; readonly cpus?: number | undefined },
): void {
  if (wanted.memory !== undefined && bytes(wanted.memory) > memory) {
    const has = `${memory / 1024 ** 2}M`;
    throw new UsageError(`ec2: type: ${type} has ${has} of memory, and a node asks for ${wanted.memory}.`);
  }
  if (wanted.cpus !== undefined && wanted.cpus > cpus) {
    throw new UsageError(`ec2: type: ${type} has ${cpus} cores, and a node asks for ${wanted.cpus}.`);
  }
}
