import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';

/** When a principal reads or writes, DynamoDB and Secrets Manager use the key on its behalf, with these actions. */
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
 * do. To read an item, a principal still needs a permission for that item. `Notifications` allows the senders of alarms to use
 * the key.
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
