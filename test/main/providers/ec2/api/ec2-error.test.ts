import { describe, expect, test } from 'vitest';
import { Ec2Error, explain } from '../../../../../main/providers/ec2/api/ec2-error.ts';

const cloud = { region: 'eu-central-1' };
const thrown = (name: string, status?: number, message = 'the words of EC2') =>
  Object.assign(new Error(message), { name, ...(status ? { $metadata: { httpStatusCode: status } } : {}) });

describe('a failed request', () => {
  test('is told with the cloud, what was to be done, and EC2’s code and words', () =>
    expect(explain(thrown('InvalidAMIID.NotFound', 400), 'find the image', cloud).details).toMatchObject({
      message: 'EC2 in eu-central-1 could not find the image: InvalidAMIID.NotFound: the words of EC2',
      hint: expect.stringContaining("'image'"),
    }));

  test.each([
    ['RequestLimitExceeded', 503, 'throttled'],
    ['Throttling', 400, 'throttled'],
    ['InsufficientInstanceCapacity', 500, 'capacity'],
    ['SpotMaxPriceTooLow', 400, 'capacity'],
    ['Unsupported', 400, 'capacity'],
    ['InternalError', 500, 'unsure'],
    ['ServiceUnavailable', 503, 'unsure'],
    ['TimeoutError', undefined, 'unsure'],
    ['VcpuLimitExceeded', 400, 'refused'],
    ['UnauthorizedOperation', 403, 'refused'],
    ['CredentialsProviderError', undefined, 'refused'],
  ])('%s (%s) means: %s', (name, status, meaning) =>
    expect(explain(thrown(name, status), 'launch n0', cloud).meaning).toBe(meaning),
  );

  test.each([
    ['AuthFailure', 'AWS_ACCESS_KEY_ID'],
    ['ExpiredToken', 'AWS_ACCESS_KEY_ID'],
    ['UnauthorizedOperation', 'docs/providers/ec2.md'],
    ['VcpuLimitExceeded', 'quota'],
    ['InvalidSubnetID.NotFound', "'subnet'"],
    ['SomethingNew', 'API Reference'],
  ])('%s comes with what to do: %s', (name, hint) =>
    expect(explain(thrown(name, 400), 'do it', cloud).details.hint).toContain(hint),
  );

  test('of the network is known by Node’s code', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const error = explain(refused, 'list the subnets', { ...cloud, endpoint: 'http://127.0.0.1:1' });
    expect(error).toMatchObject({ code: 'ECONNREFUSED', meaning: 'unsure' });
    expect(error.details.message).toContain('at http://127.0.0.1:1');
    expect(error.details.hint).toContain('the network');
  });

  test('that was explained already stays as it is', () => {
    const error = new Ec2Error('X', 'refused', { message: 'm' });
    expect(explain(error, 'do it', cloud)).toBe(error);
  });
});
