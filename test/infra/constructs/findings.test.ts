import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

const findings = ({ app }: Synthesized) =>
  [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.map(({ ruleName, violatingResources }) => [
        ruleName,
        violatingResources.map(({ constructPath }) => constructPath),
      ]),
  );

test.each([
  ['by default', {}],
  [
    'with every option',
    {
      stage: 'dev',
      removal: 'destroy',
      encryption: 'customer-managed',
      corsOrigins: 'https://a.example',
      alarmEmail: 'ops@example.com',
      mailFrom: 'gym@example.com',
      accountConcurrency: '500',
      fireReservedConcurrency: '10',
      alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:ops',
      domainName: 'book.gym.example',
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
      hostedZoneId: 'Z0123456789',
      tracing: 'true',
    },
  ],
])('cdk-nag finds nothing in the stack %s that is not explained', (_name, context) => {
  expect(findings(synthesized(context))).toEqual([]);
});
