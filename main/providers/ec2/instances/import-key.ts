import type { Tag } from '@aws-sdk/client-ec2';
import type { Ec2Api } from '../api/ec2-api.ts';
import { Ec2Error } from '../api/ec2-error.ts';
import { nameOf } from '../tags.ts';

/**
 * Imports the public key under the cluster's name (API_ImportKeyPair) and gives the name; undefined for a key
 * of a type that EC2 does not take, which the user data authorizes all the same.
 */
export async function importKey(
  { cluster, publicKey, tags }: { cluster: string; publicKey: string; tags: readonly Tag[] },
  api: Ec2Api,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!/^ssh-(ed25519|rsa) /.test(publicKey)) return undefined;
  const name = nameOf(cluster);
  try {
    await api.call('import the public key', signal, (ec2, options) =>
      ec2.importKeyPair(
        {
          KeyName: name,
          PublicKeyMaterial: Buffer.from(publicKey),
          TagSpecifications: [{ ResourceType: 'key-pair', Tags: [...tags] }],
        },
        options,
      ),
    );
  } catch (error) {
    if (!(error instanceof Ec2Error && error.code === 'InvalidKeyPair.Duplicate')) throw error;
  }
  return name;
}
