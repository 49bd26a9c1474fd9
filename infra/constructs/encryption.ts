import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';

/** What DynamoDB and Secrets Manager ask of a key in the name of whoever reads or writes. */
const USES = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
  'kms:CreateGrant',
];

/**
 * The account's own key for tables and secrets, where one is wanted. As the policy of an AWS-managed key does, it lets the
 * account's principals use the key through those services alone, for items they may read anyway.
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
