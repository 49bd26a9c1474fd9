import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';

/** What DynamoDB and Secrets Manager do with a key on behalf of a principal that reads or writes. */
const USES = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
  'kms:CreateGrant',
];

/**
 * Creates a customer-managed key for tables and secrets, if the option asks for one. Like the policy of an AWS-managed key,
 * its policy lets the account's principals use it through those two services only, for items that they may read anyway.
 */
export function encryptionKey(scope: Construct, options: DeploymentOptions): Key | undefined {
  if (options.encryption === 'aws-managed') return undefined;
  const key = new Key(scope, 'Key', {
    description: 'Tables and secrets of On the Dot',
    enableKeyRotation: true,
    removalPolicy: removalPolicyOf(options),
  });
  const services = ['dynamodb', 'secretsmanager'].map((service) => `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: USES,
      resources: ['*'],
      conditions: { StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': services } },
    }),
  );
  return key;
}
