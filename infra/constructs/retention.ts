import { RemovalPolicy } from 'aws-cdk-lib';
import type { DeploymentOptions } from '../options.ts';

/** What becomes of data when its stack is deleted: it stays, unless the stack was said to be a throwaway. */
export const removalPolicyOf = ({ removal }: Pick<DeploymentOptions, 'removal'>): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
