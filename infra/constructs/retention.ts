import { RemovalPolicy } from 'aws-cdk-lib';
import type { DeploymentOptions } from '../options.ts';

/** Returns what becomes of data when its stack is deleted: it stays, unless the option `removal` is `destroy`. */
export const removalPolicyOf = ({ removal }: Pick<DeploymentOptions, 'removal'>): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
