import { RemovalPolicy } from 'aws-cdk-lib';
import type { DeploymentOptions } from '../options.ts';

/**
 * Returns the policy for data when its stack is deleted: the data stays, unless the option `removal` is `destroy`. What a failed
 * first deployment has created is removed, so that the deployment can be repeated.
 */
export const removalPolicyOf = ({ removal }: Pick<DeploymentOptions, 'removal'>): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
