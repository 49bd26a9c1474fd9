import { readFileSync } from 'node:fs';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { OnTheDot } from '../../../infra/stack.ts';
import { NAMESPACE } from '../../../lib/platform/metric-names.ts';
import { EACH_OPTION, EVERY_OPTION } from '../../support/infra/every-option.ts';
import { type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ops';

const alarms = (of: Synthesized) => of.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
/** The warnings of the synthesis that contain a text. */
function warnings({ app }: Synthesized, text: string) {
  const stack = app.node.children.find((child) => child instanceof OnTheDot);
  if (!(stack instanceof OnTheDot)) throw new Error('no stack');
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(text));
}

describe('monitoring=basic', () => {
  test('is the default while nobody hears the alarms', () => {
    expect(alarms(synthesized())).toEqual(alarms(synthesized({ monitoring: 'basic' })));
    expect(alarms(synthesized({ alarmEmail: 'ops@example.com' })).length).toBeGreaterThan(50);
    expect(alarms(synthesized({ alarmTopicArn: TOPIC })).length).toBeGreaterThan(50);
  });

  test.each([
    ['without receivers', {}],
    ['with mail', { alarmEmail: 'ops@example.com' }],
    [
      'with mail, a topic and the check of AimHarder',
      { alarmEmail: 'ops@example.com', alarmTopicArn: TOPIC, ...EACH_OPTION.doctor },
    ],
  ])('%s has one to ten alarms, on metrics that cost nothing at rest, and no dashboard', (_name, options) => {
    const basic = synthesized({ monitoring: 'basic', ...options });

    expect(alarms(basic).length).toBeGreaterThanOrEqual(1);
    expect(alarms(basic).length).toBeLessThanOrEqual(10);
    expect(JSON.stringify(alarms(basic))).not.toContain(NAMESPACE);
    expect(basic.ofType('AWS::CloudWatch::Dashboard')).toEqual([]);
    expect(basic.ofType('AWS::Logs::MetricFilter')).toEqual([]);
    for (const { environment } of basic.functions.values()) expect(environment).toMatchObject({ MONITORING: 'basic' });
  });

  test('has an alarm for each queue of what failed', () => {
    const basic = synthesized();
    const watched = JSON.stringify(alarms(basic).map(({ Dimensions }) => Dimensions));

    for (const { id, Properties } of basic.ofType('AWS::SQS::Queue'))
      if (!('RedrivePolicy' in Properties)) expect(watched).toContain(`"${id}"`);
  });
});

describe('monitoring=full', () => {
  test('without a receiver warns that the alarms notify nobody', () => {
    expect(warnings(synthesized({ monitoring: 'full' }), 'notify nobody')).toHaveLength(1);
    for (const heard of [{}, { alarmTopicArn: TOPIC }, { monitoring: 'full', alarmEmail: 'ops@example.com' }])
      expect(warnings(synthesized(heard), 'notify nobody')).toEqual([]);
  });

  test('every alarm tells the operator’s topic, and mail too if both are given', () => {
    for (const { AlarmActions } of alarms(synthesized({ alarmTopicArn: TOPIC }))) expect(AlarmActions).toEqual([TOPIC]);
    for (const { AlarmActions } of alarms(synthesized({ alarmTopicArn: TOPIC, alarmEmail: 'ops@example.com' })))
      expect(AlarmActions).toEqual([{ Ref: expect.any(String) }, TOPIC]);
  });

  test('the functions emit their metrics', () => {
    for (const { environment } of synthesized({ monitoring: 'full' }).functions.values())
      expect(environment).not.toHaveProperty('MONITORING');
  });
});

test('mail to members without a sender is a warning of the synthesis', () => {
  expect(warnings(synthesized(), 'set mailFrom')).toHaveLength(1);
  expect(warnings(synthesized({ mailFrom: 'gym@example.com' }), 'mailFrom')).toEqual([]);
});

test('tracing reaches every function, and its permission every role', () => {
  const traced = synthesized({ tracing: 'true' });

  for (const [name, { resource, grants }] of traced.functions) {
    expect(resource.Properties['TracingConfig'], name).toEqual({ Mode: 'Active' });
    expect(grants, name).toContainEqual(expect.objectContaining({ action: 'xray:PutTraceSegments', on: '*' }));
  }
  for (const { resource } of synthesized().functions.values())
    expect(resource.Properties).not.toHaveProperty('TracingConfig');
});

test('a name of the operator’s points at the API, and is the address that the deployment prints', () => {
  const named = synthesized({
    domainName: 'book.gym.example',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
    hostedZoneId: 'Z0123456789',
  });
  const [domain] = named.ofType('AWS::ApiGatewayV2::DomainName');
  const records = named.ofType('AWS::Route53::RecordSet').map(({ Properties }) => Properties);

  expect(domain?.Properties).toMatchObject({
    DomainName: 'book.gym.example',
    DomainNameConfigurations: [{ EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' }],
  });
  expect(named.ofType('AWS::ApiGatewayV2::ApiMapping')).toHaveLength(1);
  expect(records.map(({ Type, Name, HostedZoneId }) => [Type, Name, HostedZoneId])).toEqual([
    ['A', 'book.gym.example', 'Z0123456789'],
    ['AAAA', 'book.gym.example', 'Z0123456789'],
  ]);
  expect(named.template['Outputs']).toMatchObject({ Url: { Value: 'https://book.gym.example' }, DomainTarget: {} });
});

test('every output says what it is', () => {
  for (const output of Object.values(Object(synthesized({ monitoring: 'full' }).template['Outputs'])))
    expect(output).toMatchObject({ Description: expect.stringMatching(/^\S.{10,}/) });
});

test('with every option the stack stays under 450 resources: AWS allows 500', () => {
  expect(synthesized(EVERY_OPTION).resources.length).toBeLessThanOrEqual(450);
});

test('the cost at rest in the operator’s paper counts the alarms of the template', () => {
  const paper = readFileSync('infra/constructs/README.md', 'utf8');
  const lineOf = (monitoring: string) =>
    new RegExp(`at rest, \`monitoring=${monitoring}\` \\| (\\d+) alarm metrics`).exec(paper)?.[1];

  expect(lineOf('basic')).toBe(String(countMetrics(synthesized())));
  expect(lineOf('full')).toBe(String(countMetrics(synthesized({ alarmEmail: 'ops@example.com' }))));
});

/** Counts the metrics that the alarms watch: AWS charges for each. */
const countMetrics = (of: Synthesized): number =>
  alarms(of).reduce((sum, { Metrics }) => sum + (Array.isArray(Metrics) ? Metrics.length - 1 : 1), 0);

test('a first deployment that fails leaves nothing behind: what holds data is kept from then on', () => {
  const kept = synthesized().resources.filter(({ DeletionPolicy }) => DeletionPolicy !== undefined);

  expect(kept.length).toBeGreaterThan(40);
  expect(new Set(kept.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(
    new Set(['RetainExceptOnCreate', 'Delete']),
  );
  expect(kept.find(({ Type }) => Type === 'AWS::DynamoDB::Table')).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
  });
});
