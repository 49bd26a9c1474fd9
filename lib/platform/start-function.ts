import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Starts a function without waiting for its end. @throws the SDK's error if Lambda has not accepted the invocation. */
export async function startFunction(lambda: LambdaClient, arn: string, event: object): Promise<void> {
  const Payload = Buffer.from(JSON.stringify(event));
  await lambda.send(new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload }));
}
