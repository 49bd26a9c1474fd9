import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** Letters and digits: 64 of them hold 381 random bits. */
const GENERATED = { passwordLength: 64, excludePunctuation: true } as const;

/** The two secrets, generated with the stack and kept after it (their form: lib/platform/secrets.ts). */
export class Secrets extends Construct {
  readonly keys: Secret;
  readonly salt: Secret;

  constructor(
    scope: Construct,
    id: string,
    { options, key }: { readonly options: DeploymentOptions; readonly key: IKey | undefined },
  ) {
    super(scope, id);
    const kept = { removalPolicy: removalPolicyOf(options), ...(key && { encryptionKey: key }) };
    this.keys = new Secret(this, 'EncryptionKeys', {
      ...kept,
      description: 'Keys that encrypt tokens, cookies and kept passwords. Without the keys nobody can decrypt them.',
      generateSecretString: { ...GENERATED, secretStringTemplate: '{"current":"k1"}', generateStringKey: 'k1' },
    });
    this.salt = new Secret(this, 'FingerprintSalt', {
      ...kept,
      description: 'Salt of the background fingerprints. After a change of the salt every member has to log in again.',
      generateSecretString: { ...GENERATED, secretStringTemplate: '{}', generateStringKey: 'fingerprintSalt' },
    });
    suppressNag(this.keys, ROTATED_BY_HAND, 'AwsSolutions-SMG4');
    suppressNag(this.salt, NEVER_ROTATED, 'AwsSolutions-SMG4');
  }
}

const ROTATED_BY_HAND =
  'An operator rotates keys by adding a key and naming it current (README, "A new encryption key"). The old keys still decrypt what they encrypted.';
const NEVER_ROTATED = 'A salt that changed by itself would end every background session at AimHarder.';
