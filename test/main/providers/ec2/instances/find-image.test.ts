import { expect, test } from 'vitest';
import { UsageError } from '../../../../../common/errors.ts';
import { imageQuery } from '../../../../../main/providers/ec2/instances/find-image.ts';

const query = (os: string, architecture = 'x86_64', image?: string) =>
  imageQuery({ os, imageOwner: 'self', ...(image === undefined ? {} : { image }) }, architecture).request;
const names = (request: ReturnType<typeof query>) => ('Filters' in request ? request.Filters[0]?.Values : []);

test('Debian’s releases are its cloud team’s images, by their number', () => {
  expect(query('bookworm')).toMatchObject({ Owners: ['136693071363'] });
  expect(names(query('bookworm'))).toEqual(['debian-12-amd64-*']);
  expect(names(query('trixie', 'arm64'))).toEqual(['debian-13-arm64-*']);
  expect(query('debian-13')).toEqual(query('trixie'));
});

test('Ubuntu’s suites are Canonical’s images, on whatever kind of disk', () => {
  expect(query('noble')).toMatchObject({ Owners: ['099720109477'] });
  expect(names(query('noble'))).toEqual(['ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-amd64-server-*']);
});

test('an image may be named by its id, or by a name of which the owner is told', () => {
  expect(query('bookworm', 'x86_64', 'ami-0a1b2c3d')).toEqual({ ImageIds: ['ami-0a1b2c3d'] });
  expect(query('bookworm', 'x86_64', 'golden-*')).toMatchObject({ Owners: ['self'] });
});

test('a release that there is not, or that has no image, is the user’s mistake', () => {
  expect(() => query('bokworm')).toThrow(UsageError);
  expect(() => query('bokworm')).toThrow(/did you mean 'bookworm'/);
  expect(() => query('sid')).toThrow(/no image of 'sid'/);
});
