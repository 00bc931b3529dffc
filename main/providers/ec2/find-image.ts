import type { Image } from '@aws-sdk/client-ec2';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import type { Ec2Api } from './ec2-api.ts';
import type { Ec2Settings } from './ec2-options.ts';
import { describePlace } from './place.ts';

/** wiki.debian.org/Cloud/AmazonEC2Image: the account of Debian's cloud team, and how its images are named. */
const debian = {
  owner: '136693071363',
  releases: { bullseye: '11', bookworm: '12', trixie: '13', forky: '14' } as Readonly<Record<string, string>>,
};

/** documentation.ubuntu.com/aws, "Find Ubuntu images": Canonical's account. */
const ubuntu = {
  owner: '099720109477',
  suites: ['focal', 'jammy', 'noble', 'plucky', 'questing', 'resolute'],
};

/** An AMI as launching needs it. */
export interface FoundImage {
  readonly id: string;
  readonly name: string;
  /** Its root disk's device, where that is an EBS volume. */
  readonly rootDevice?: string;
}

type Wish = Pick<Ec2Settings, 'image' | 'imageOwner'> & { readonly os: string };

/**
 * The AMI that `image` names, or the newest one of its name, or of the release `os` from those who make it
 * (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages). `architecture` is that of the instance type.
 */
export async function findImage(
  wish: Wish,
  architecture: string,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<FoundImage> {
  const query = imageQuery(wish, architecture);
  const { Images = [] } = await api.call(`find the image ${query.told}`, signal, (ec2, options) =>
    ec2.describeImages(query.request, options),
  );
  const usable = Images.filter(({ State }) => State === undefined || State === 'available');
  const [newest] = usable.toSorted((one, other) => created(other) - created(one));
  if (!newest?.ImageId) {
    throw new ShakedownError({
      message: `${describePlace(api.place)} has no image ${query.told}`,
      phase: 'machines',
      hint: "correct 'image' and 'imageOwner', or 'os'; an AMI's id is of one region alone",
    });
  }
  refuseArchitecture(newest, architecture);
  return {
    id: newest.ImageId,
    name: newest.Name ?? newest.ImageId,
    ...(newest.RootDeviceName && newest.RootDeviceType === 'ebs'
      ? { rootDevice: newest.RootDeviceName }
      : {}),
  };
}

/** What to ask for, and that in words. Throws UsageError for a release that is not known. */
export function imageQuery({ image, imageOwner, os }: Wish, architecture: string) {
  if (image?.startsWith('ami-')) return { told: image, request: { ImageIds: [image] } };
  const { owner, name } =
    image === undefined ? official(os, architecture) : { owner: imageOwner, name: image };
  const filters = [
    { Name: 'name', Values: [name] },
    { Name: 'architecture', Values: [architecture] },
    { Name: 'state', Values: ['available'] },
  ];
  return { told: `'${name}' of ${owner}`, request: { Owners: [owner], Filters: filters } };
}

function official(os: string, architecture: string): { owner: string; name: string } {
  const arch = architecture === 'x86_64' ? 'amd64' : architecture;
  const version = debian.releases[os];
  if (version !== undefined) return { owner: debian.owner, name: `debian-${version}-${arch}-*` };
  if (ubuntu.suites.includes(os)) {
    return { owner: ubuntu.owner, name: `ubuntu/images/hvm-ssd*/ubuntu-${os}-*-${arch}-server-*` };
  }
  const known = [...Object.keys(debian.releases), ...ubuntu.suites].join(', ');
  throw new UsageError(`ec2: os: there is no known image of '${os}'; name one by image, or take ${known}.`);
}

const created = ({ CreationDate = '' }: Image): number => Date.parse(CreationDate) || 0;

function refuseArchitecture({ ImageId, Architecture }: Image, wanted: string): void {
  if (Architecture === undefined || Architecture === wanted) return;
  throw new ShakedownError({
    message: `image ${ImageId} is for ${Architecture}, and the instance type is ${wanted}`,
    phase: 'machines',
    hint: "correct 'image' or 'type'",
  });
}
