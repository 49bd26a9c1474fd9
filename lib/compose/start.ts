import { LambdaClient } from '@aws-sdk/client-lambda';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { readRequired } from '../platform/environment.ts';
import { createStartFunction } from '../platform/start-function.ts';
import type { Base } from './base.ts';

/** Composes what starts another function. @param variable the environment variable that holds that function's ARN. */
export const composeStart = <const Variable extends string>({ environment }: Base, variable: Variable) =>
  createStartFunction(new LambdaClient(CLIENT_LIMITS), readRequired(environment, variable)[variable]);
