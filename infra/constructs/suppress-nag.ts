import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Suppresses findings of cdk-nag on a construct and everything in it. @param reason why the construct is right as it is. */
export function suppressNag(construct: IConstruct, reason: string, ...rules: readonly string[]): void {
  Validations.of(construct).acknowledge(...rules.map((id) => ({ id, reason })));
}
