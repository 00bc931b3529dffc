/**
 * AMIs as Debian and Canonical publish them, for moto (MOTO_AMIS_PATH); names and owners are the true ones.
 */
const image = (ami_id: string, owner_id: string, name: string, more: object = {}) => ({
  ami_id,
  owner_id,
  name,
  state: 'available',
  public: true,
  image_location: `amazon/${name}`,
  image_type: 'machine',
  description: name,
  architecture: 'x86_64',
  root_device_type: 'ebs',
  root_device_name: '/dev/xvda',
  virtualization_type: 'hvm',
  hypervisor: 'xen',
  platform: null,
  sriov: 'simple',
  ...more,
});

const debian = '136693071363';
const canonical = '099720109477';

export const images = [
  image('ami-0d12000000000001', debian, 'debian-12-amd64-20250101-1980', {
    creation_date: '2025-01-01T00:00:00.000Z',
  }),
  image('ami-0d12000000000002', debian, 'debian-12-amd64-20260901-2222', {
    creation_date: '2026-09-01T00:00:00.000Z',
  }),
  image('ami-0d12a00000000003', debian, 'debian-12-arm64-20260901-2222', { architecture: 'arm64' }),
  image('ami-0d13000000000004', debian, 'debian-13-amd64-20260901-2222'),
  image(
    'ami-0c24000000000005',
    canonical,
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260815',
  ),
  image('ami-0e00000000000006', '999999999999', 'debian-12-amd64-20991231-0666'),
];
