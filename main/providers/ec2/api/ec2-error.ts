import { type FailureDetails, ShakedownError } from '../../../../common/errors.ts';
import { type Cloud, describeCloud } from './cloud.ts';

/** What a failed request means for the one who sent it. */
export type Meaning =
  /** Too many requests: the same again, later. */
  | 'throttled'
  /** This zone or market has none of that type now. */
  | 'capacity'
  /** It may have been carried out or not. */
  | 'unsure'
  | 'refused';

/** A request that EC2 refused, or that got no answer. */
export class Ec2Error extends ShakedownError {
  /**
   * As the EC2 API Reference lists them under "Error codes for the Amazon EC2
   * API"; or of Node: `ECONNREFUSED`.
   */
  readonly code: string;
  readonly meaning: Meaning;

  constructor(code: string, meaning: Meaning, details: FailureDetails, options?: ErrorOptions) {
    super(details, options);
    this.name = 'Ec2Error';
    this.code = code;
    this.meaning = meaning;
  }
}

const throttled =
  /^(RequestLimitExceeded|Throttling(Exception)?|RequestThrottled|EC2ThrottledException|SlowDown)$/;

/** "Insufficient capacity" and spot's own limits: another zone or market may have what this one lacks. */
const capacity =
  /^(InsufficientInstanceCapacity|InsufficientHostCapacity|InsufficientCapacity|InsufficientVolumeCapacity|InsufficientFreeAddressesInSubnet|SpotMaxPriceTooLow|MaxSpotInstanceCountExceeded|Unsupported)$/;

const credentials =
  /^(AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|ExpiredToken(Exception)?|RequestExpired|CredentialsProviderError|IncompleteSignature|MissingAuthenticationToken|OptInRequired|Blocked)$/;

const hints: readonly (readonly [RegExp, string])[] = [
  [
    credentials,
    "check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or 'profile' and ~/.aws",
  ],
  [
    /^UnauthorizedOperation$/,
    'allow this action in the policy of these credentials; docs/providers/ec2.md lists all',
  ],
  [/^InvalidAMIID|^InvalidAMI/, "correct 'image'; an AMI's id is of one region alone"],
  [/^InvalidSubnet/, "correct 'subnet', or leave it out for the default VPC's"],
  [/^InvalidGroup/, "correct 'securityGroup', or leave it out for one of the cluster's own"],
  [/^InvalidInstanceType$/, "correct 'type'; not every region has every type"],
  [/LimitExceeded$/, 'use fewer or smaller instances, or ask for a higher quota in the AWS console'],
  [
    /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|TimeoutError)$/,
    "check 'region', 'endpoint' and the network",
  ],
];

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * What the SDK threw, in words; `doing` completes "could not". Gives back what is no failure of a request.
 */
export function explain(error: unknown, doing: string, cloud: Cloud): Ec2Error {
  if (error instanceof Ec2Error) return error;
  const { name = 'Error', code: systemCode, message = '', $metadata } = (error ?? {}) as SdkError;
  const code = systemCode ?? name;
  const status = $metadata?.httpStatusCode;
  const said = message === '' || message === code ? code : `${code}: ${message}`;
  return new Ec2Error(
    code,
    meaningOf(code, status),
    {
      message: `${describeCloud(cloud)} could not ${doing}: ${said}`,
      phase: 'machines',
      hint: hints.find(([codes]) => codes.test(code))?.[1] ?? 'the EC2 API Reference explains the code',
    },
    { cause: error },
  );
}

function meaningOf(code: string, status: number | undefined): Meaning {
  if (throttled.test(code)) return 'throttled';
  if (capacity.test(code)) return 'capacity';
  if (credentials.test(code)) return 'refused';
  return status === undefined || status >= 500 ? 'unsure' : 'refused';
}
