import type { Origins } from '../../lib/aimharder/origins.ts';
import { type EnvironmentValues, tableVariables } from '../catalog/function-definition.ts';
import { accessKeyOf } from './iam-rules.ts';

/** The Region and the account in ARNs. */
const REGION_AND_ACCOUNT = 'eu-west-1:000000000000';

export const SCHEDULE_GROUP = 'prebookings';
export const KEYS_SECRET_ID = 'encryption-keys';
export const SALT_SECRET_ID = 'fingerprint-salt';
export const PUSH_SECRET_ID = 'push-key';
export const BUS_NAME = 'on-the-dot';
export const FIRING_QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/000000000000/firings';

/** Builds the environment variables that Lambda itself sets. The local IAM recognises a function by its access key. */
export const lambdaVariables = (functionName: string) => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: accessKeyOf(functionName),
  AWS_SECRET_ACCESS_KEY: 'local',
});

/** Builds the environment values that a deployment on AWS takes from its resources. */
export const installationValues = ({ origin, login, box }: Origins): EnvironmentValues => ({
  SERVICE_NAME: 'on-the-dot-local',
  AIMHARDER_ORIGIN: origin,
  AIMHARDER_LOGIN_ORIGIN: login,
  AIMHARDER_BOX_ORIGIN: box,
  KEYS_SECRET_ID,
  SALT_SECRET_ID,
  PUSH_SECRET_ID,
  EVENT_BUS_NAME: BUS_NAME,
  SCHEDULE_GROUP,
  SCHEDULE_ROLE_ARN: 'arn:aws:iam::000000000000:role/wake-up',
  SCHEDULE_DEAD_LETTER_ARN: `arn:aws:sqs:${REGION_AND_ACCOUNT}:wake-ups-lost`,
  PREPARE_FUNCTION_ARN: `arn:aws:lambda:${REGION_AND_ACCOUNT}:function:prepare-prebooking`,
  FIRING_QUEUE_URL,
  END_ACCOUNT_FUNCTION_ARN: `arn:aws:lambda:${REGION_AND_ACCOUNT}:function:end-account`,
  FIRE_FUNCTION_ARN: `arn:aws:lambda:${REGION_AND_ACCOUNT}:function:fire-prebooking`,
  REFRESH_FUNCTION_ARN: `arn:aws:lambda:${REGION_AND_ACCOUNT}:function:refresh-tokens`,
  // A local table has the name of its key in the catalogue.
  ...tableVariables((table) => table),
});
