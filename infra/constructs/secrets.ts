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
      description: 'Keys that tokens, cookies and kept passwords are encrypted with. Lost, they are lost too.',
      generateSecretString: { ...GENERATED, secretStringTemplate: '{"current":"k1"}', generateStringKey: 'k1' },
    });
    this.salt = new Secret(this, 'FingerprintSalt', {
      ...kept,
      description: 'Salt of the background fingerprints. Another one makes every member log in again.',
      generateSecretString: { ...GENERATED, secretStringTemplate: '{}', generateStringKey: 'fingerprintSalt' },
    });
    suppressNag(this.keys, ROTATED_BY_HAND, 'AwsSolutions-SMG4');
    suppressNag(this.salt, NEVER_ROTATED, 'AwsSolutions-SMG4');
  }
}

const ROTATED_BY_HAND =
  'A key is rotated by adding one and naming it current (README, Operate): the old ones still open what they sealed.';
const NEVER_ROTATED = 'A salt that changed by itself would end every background session at AimHarder.';
