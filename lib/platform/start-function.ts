import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Starts a function without waiting for its end. @throws the SDK's error if Lambda has not accepted the invocation. */
export type StartFunction = (event: object) => Promise<void>;

/** Creates a `StartFunction`. @param arn the ARN of the Lambda function that it starts. */
export const createStartFunction =
  (lambda: LambdaClient, arn: string): StartFunction =>
  async (event) => {
    const Payload = Buffer.from(JSON.stringify(event));
    await lambda.send(new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload }));
  };
