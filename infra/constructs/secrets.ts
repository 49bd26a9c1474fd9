import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** The form of generated secrets: 64 letters and digits, which hold 381 random bits (64 × log2 of 62). */
const GENERATED_TEXT = { passwordLength: 64, excludePunctuation: true } as const;

/**
 * The three secrets that are generated with the stack (lib/platform/secrets.ts). They stay when the stack is deleted, unless the
 * option `removal` is `destroy`. For the option `doctor`, the operator creates a fourth secret.
 */
export class Secrets extends Construct {
  readonly keys: Secret;
  readonly salt: Secret;
  readonly push: Secret;
  /** The login of an account at AimHarder; undefined without the option `doctor`. */
  readonly doctor: ISecret | undefined;

  constructor(
    scope: Construct,
    id: string,
    { options, key }: { readonly options: DeploymentOptions; readonly key: IKey | undefined },
  ) {
    super(scope, id);
    const common = { removalPolicy: removalPolicyOf(options), ...(key && { encryptionKey: key }) };
    this.keys = new Secret(this, 'EncryptionKeys', {
      ...common,
      description: 'Keys that encrypt tokens, cookies and kept passwords. What they encrypted is lost without them.',
      generateSecretString: { ...GENERATED_TEXT, secretStringTemplate: '{"current":"k1"}', generateStringKey: 'k1' },
    });
    this.salt = new Secret(this, 'FingerprintSalt', {
      ...common,
      description: 'Salt of the background fingerprints. After a change of the salt every member has to log in again.',
      generateSecretString: { ...GENERATED_TEXT, secretStringTemplate: '{}', generateStringKey: 'fingerprintSalt' },
    });
    this.push = new Secret(this, 'PushKey', {
      ...common,
      description: 'The key of Web Push. After a change of it every browser has to subscribe again.',
      generateSecretString: { ...GENERATED_TEXT, secretStringTemplate: '{}', generateStringKey: 'vapidKey' },
    });
    this.doctor = options.doctor ? Secret.fromSecretCompleteArn(this, 'Doctor', options.doctor) : undefined;
    suppressNag(this.keys, ROTATED_BY_HAND, AUTOMATIC_ROTATION);
    suppressNag(this.salt, NEVER_ROTATED, AUTOMATIC_ROTATION);
    suppressNag(this.push, BOUND_TO_BROWSERS, AUTOMATIC_ROTATION);
  }
}

/** The rule of cdk-nag that every secret is rotated automatically. */
const AUTOMATIC_ROTATION = 'AwsSolutions-SMG4';

const ROTATED_BY_HAND =
  'An operator rotates keys by adding a key and naming it current (README.md, "A new encryption key"). The old keys still decrypt what they encrypted.';
const NEVER_ROTATED =
  'With a new salt every member has to log in again, because AimHarder knows a background session by its fingerprint.';
const BOUND_TO_BROWSERS =
  'A browser subscribes to one key (RFC 8292): with a new key no push message arrives until the member subscribes again.';
