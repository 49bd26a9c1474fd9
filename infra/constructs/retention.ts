import { RemovalPolicy } from 'aws-cdk-lib';
import type { DeploymentOptions } from '../options.ts';

/** Tells whether data is deleted with its stack: only if the option `removal` is `destroy`. */
export const removalPolicyOf = ({ removal }: Pick<DeploymentOptions, 'removal'>): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
