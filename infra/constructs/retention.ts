import { RemovalPolicy } from 'aws-cdk-lib';
import type { DeploymentOptions } from '../options.ts';

/**
 * Returns the removal policy for resources that hold data. When the stack is deleted, the data stays, unless the option `removal`
 * is `destroy`. When a first deployment fails, the created resources are removed, so that the deployment can be repeated.
 */
export const removalPolicyOf = ({ removal }: Pick<DeploymentOptions, 'removal'>): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
