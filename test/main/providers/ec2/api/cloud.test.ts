import { describe, expect, test } from 'vitest';
import { cloudFrom, describeCloud, isCloud, sameCloud } from '../../../../../main/providers/ec2/api/cloud.ts';
import { probeCredentials } from '../../../../../main/providers/ec2/api/probe-credentials.ts';
import { mainAddress } from '../../../../../main/providers/ec2/network/main-address.ts';

describe('a cloud', () => {
  test('is what the options say, else the environment by the names that Amazon’s tools heed', () => {
    const env = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_EC2: 'http://moto', AWS_PROFILE: 'work' };
    expect(cloudFrom({}, env)).toEqual({ region: 'us-east-1', endpoint: 'http://moto', profile: 'work' });
    expect(cloudFrom({ region: 'eu-west-1' }, env)).toMatchObject({ region: 'eu-west-1' });
    expect(cloudFrom({}, { AWS_DEFAULT_REGION: 'eu-north-1', AWS_ENDPOINT_URL: 'http://all' })).toEqual({
      region: 'eu-north-1',
      endpoint: 'http://all',
    });
    expect(cloudFrom({}, { AWS_PROFILE: 'work' })).toEqual({ profile: 'work' });
  });

  test('is told with its endpoint where that is not Amazon’s', () => {
    expect(describeCloud({ region: 'eu-west-1' })).toBe('EC2 in eu-west-1');
    expect(describeCloud({ region: 'r', endpoint: 'http://c' })).toBe('EC2 in r at http://c');
  });

  test('is known again from plain data', () => {
    expect([{ region: 'r' }, {}, null, undefined, 'r'].map(isCloud)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(sameCloud({ region: 'r' }, { region: 'r' })).toBe(true);
    expect(sameCloud({ region: 'r' }, { region: 'r', profile: 'work' })).toBe(false);
  });
});

describe('the main host’s address', () => {
  const { signal } = new AbortController();
  test('for private addresses, and for clouds that are not Amazon’s, is the one that the route gives', async () => {
    const loopback = { region: 'r', endpoint: 'http://127.0.0.1:5000' };
    expect(await mainAddress({ addresses: undefined, cloud: loopback, peer: '' }, signal)).toBe('127.0.0.1');
    const amazon = { region: 'r' };
    expect(await mainAddress({ addresses: 'private', cloud: amazon, peer: '127.0.0.9' }, signal)).toBe(
      '127.0.0.1',
    );
  });

  test('that nobody tells is to be named', async () =>
    await expect(
      mainAddress({ addresses: 'public', cloud: { region: 'r' }, peer: '' }, signal, 'http://127.0.0.1:9/'),
    ).rejects.toMatchObject({ details: { hint: expect.stringContaining('allowFrom') } }));
});

describe('probing', () => {
  const nowhere = { HOME: '/nonexistent' };
  test('finds credentials in the environment, in files, and those of an instance’s role', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    expect(probeCredentials({ ...nowhere, ...keys }, '/nonexistent').ok).toBe(true);
    expect(probeCredentials({ ...nowhere, AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, '/nonexistent').ok).toBe(true);
    const file = { AWS_SHARED_CREDENTIALS_FILE: import.meta.filename };
    expect(probeCredentials({ ...nowhere, ...file }, '/nonexistent').ok).toBe(true);
  });

  test('says what to do where there are none', () =>
    expect(probeCredentials(nowhere, '/nonexistent')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    }));
});
