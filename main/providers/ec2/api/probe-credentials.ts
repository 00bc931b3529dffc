import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ProbeResult } from '../../provider.ts';

/**
 * Whether there are credentials to try, in the places where Amazon's tools look for them
 * (docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html); they are neither read nor tried.
 */
export function probeCredentials(env: NodeJS.ProcessEnv, root = '/'): ProbeResult {
  const found =
    Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) ||
    Boolean(env.AWS_WEB_IDENTITY_TOKEN_FILE) ||
    Boolean(env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI) ||
    existsSync(env.AWS_SHARED_CREDENTIALS_FILE || join(homeOf(env), '.aws/credentials')) ||
    existsSync(env.AWS_CONFIG_FILE || join(homeOf(env), '.aws/config')) ||
    isInstance(root);
  if (found) return { ok: true };
  return {
    ok: false,
    reason:
      'there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials',
  };
}

const homeOf = (env: NodeJS.ProcessEnv): string => env.HOME || homedir();

/** An EC2 instance may have a role (docs.aws.amazon.com/ec2, "Identify EC2 instances"). */
function isInstance(root: string): boolean {
  try {
    return readFileSync(join(root, 'sys/class/dmi/id/sys_vendor'), 'utf8').trim() === 'Amazon EC2';
  } catch {
    return false;
  }
}
