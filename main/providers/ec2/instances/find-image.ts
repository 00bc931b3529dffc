import type { Image } from '@aws-sdk/client-ec2';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import { releaseNamed } from '../../debian/releases.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import type { Ec2Settings } from '../ec2-options.ts';

/**
 * The accounts of those who make the images: Debian's cloud team (wiki.debian.org/Cloud/AmazonEC2Image) and
 * Canonical (documentation.ubuntu.com/aws, "Find Ubuntu images").
 */
const owners = { debian: '136693071363', ubuntu: '099720109477' };

/** An AMI as launching needs it. */
export interface FoundImage {
  readonly id: string;
  readonly name: string;
  /** Its root disk, where that is an EBS volume; GiB. */
  readonly root?: { readonly device: string; readonly size?: number };
}

type Wish = Pick<Ec2Settings, 'image' | 'imageOwner'> & { readonly os: string };

/**
 * The AMI that `image` names, or the newest one of its name, or of the release `os` from those
 * who make it (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages).
 * `architecture` is that of the instance type.
 */
export async function findImage(
  wish: Wish,
  architecture: string,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<FoundImage> {
  const query = imageQuery(wish, architecture);
  const pages = await api.pages(`find the image ${query.told}`, signal, (config, options) =>
    api.sdk.paginateDescribeImages(config, query.request, options),
  );
  const Images = pages.flatMap((page) => page.Images ?? []);
  const usable = Images.filter(({ State }) => State === undefined || State === 'available');
  const [newest] = usable.toSorted((one, other) => created(other) - created(one));
  if (!newest?.ImageId) {
    throw new ShakedownError({
      message: `${describeCloud(api.cloud)} has no image ${query.told}`,
      phase: 'machines',
      hint: "correct 'image' and 'imageOwner', or 'os'; an AMI's id is of one region alone",
    });
  }
  refuseArchitecture(newest, architecture);
  return {
    id: newest.ImageId,
    name: newest.Name ?? newest.ImageId,
    ...rootOf(newest),
  };
}

function rootOf({ RootDeviceName: device, RootDeviceType, BlockDeviceMappings = [] }: Image) {
  if (!device || RootDeviceType !== 'ebs') return {};
  const size = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === device)?.Ebs?.VolumeSize;
  return { root: { device, ...present({ size }) } };
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

/** The images of a release as their makers name them. */
function official(os: string, architecture: string): { owner: string; name: string } {
  const arch = architecture === 'x86_64' ? 'amd64' : architecture;
  const { distribution, suite, version } = releaseNamed(os);
  const owner = owners[distribution];
  if (version === undefined) {
    throw new UsageError(`ec2: os: there is no image of '${os}'; name a release by its number, or an image.`);
  }
  if (distribution === 'debian') return { owner, name: `debian-${version}-${arch}-*` };
  return { owner, name: `ubuntu/images/hvm-ssd*/ubuntu-${suite}-${version}-${arch}-server-*` };
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
