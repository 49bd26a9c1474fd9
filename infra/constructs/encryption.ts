import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';

/** The actions on the key that DynamoDB and Secrets Manager take on behalf of a principal that reads or writes. */
const KEY_ACTIONS = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
  'kms:CreateGrant',
];

/**
 * Creates a customer-managed key for tables, secrets and the alarm topic, if the option `encryption` asks for one. Its policy
 * lets the account's principals use the key only through DynamoDB and Secrets Manager, as the policies of AWS-managed keys
 * do. To read an item, a principal still needs its own permission for that item.
 */
export function createEncryptionKey(scope: Construct, options: DeploymentOptions): Key | undefined {
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
      actions: KEY_ACTIONS,
      resources: ['*'],
      conditions: { StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': services } },
    }),
  );
  return key;
}
