import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { selectFunctions } from '../../../infra/catalog/functions.ts';
import { METRICS } from '../../../lib/platform/metric-names.ts';
import { type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

let stack: Synthesized;
let withMail: Synthesized;
beforeAll(() => {
  stack = synthesized({ monitoring: 'full' });
  withMail = synthesized({ alarmEmail: 'ops@example.com' });
});

const alarms = (of = withMail) =>
  new Map(
    of
      .ofType('AWS::CloudWatch::Alarm')
      .map(({ Properties }) => [String(Properties['AlarmName']).replace('on-the-dot-prod-', ''), Properties] as const),
  );

test('every function has an alarm that states the harm', () => {
  for (const [name, { impact: whenItFails }] of selectFunctions({}))
    expect(alarms().get(name)?.['AlarmDescription']).toContain(whenItFails);
});

test('a function’s alarm rings when it logs an error, and when Lambda reports a failed run', () => {
  for (const [name, { resource }] of withMail.functions) {
    const { Ref: logGroup } = Object(Object(resource.Properties['LoggingConfig']).LogGroup);
    const filter = withMail
      .ofType('AWS::Logs::MetricFilter')
      .find(({ Properties }) => Object(Properties['LogGroupName']).Ref === logGroup)?.Properties;
    const [{ MetricName, MetricNamespace }] = Object(filter?.['MetricTransformations']);
    expect(filter?.['FilterPattern']).toBe(
      '{ ($.level = "ERROR") || (($.type = "platform.report") && ($.record.status != "success")) }',
    );
    expect(alarms().get(name)).toMatchObject({ MetricName, Namespace: MetricNamespace, Threshold: 0 });
  }
});

test('every alarm states first the harm, and then what to do', () => {
  for (const { AlarmDescription: says } of alarms().values())
    expect(String(says)).toMatch(/^[A-Z].{20,}?[.:;] \S.{20,}\.$/s);
});

test('the alarms for a refused address distinguish it from a change of AimHarder', () => {
  for (const id of ['refreshes-failing', 'requests-failing', 'aimharder-rejecting'])
    expect(alarms().get(id)?.['AlarmDescription']).toMatch(
      /a proxy in front of it, (?:may )?refuses? this address \(403 or 429/,
    );
});

test('a message in a dead-letter queue raises an alarm', () => {
  const everything = synthesized({
    stage: 'dev',
    removal: 'destroy',
    encryption: 'customer-managed',
    alarmEmail: 'ops@example.com',
  });
  for (const one of [stack, withMail, everything]) {
    const watched = JSON.stringify([...alarms(one).values()].map(({ Dimensions }) => Dimensions));
    for (const { id, Properties } of one.ofType('AWS::SQS::Queue'))
      if (!('RedrivePolicy' in Properties)) expect(watched).toContain(`"${id}"`);
  }
});

test('a function of every minute that does not run raises an alarm, even without data', () => {
  for (const name of ['refresh-tokens', 'sweep', 'retry-notifications', 'plan-routines'])
    expect(alarms().get(`${name}-not-running`)).toMatchObject({
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
});

test('a new stack raises no alarm: a missing run counts after ten minutes, and its alarm is created last', () => {
  for (const name of ['refresh-tokens', 'sweep']) {
    expect(alarms().get(`${name}-not-running`)).toMatchObject({ Period: 60, EvaluationPeriods: 10 });
    const alarm = withMail.ofType('AWS::CloudWatch::Alarm').find(({ Properties }) => nameIs(Properties, name));
    const [schedule] = withMail
      .ofType('AWS::Scheduler::Schedule')
      .filter(({ id }) => id.includes(name.replace('-', '')));
    expect(alarm?.DependsOn).toContain(schedule?.id);
  }
});

const nameIs = ({ AlarmName }: Readonly<Record<string, unknown>>, name: string): boolean =>
  AlarmName === `on-the-dot-prod-${name}-not-running`;

test('every metric that the functions emit is on the dashboard, lateness as a distribution', () => {
  const [dashboard] = stack.ofType('AWS::CloudWatch::Dashboard');
  const body = JSON.stringify(dashboard?.Properties['DashboardBody']);

  for (const metric of Object.values(METRICS)) expect(body).toContain(metric);
  for (const band of ['TC(:15)', 'TC(15:30)', 'TC(2000:)']) expect(body).toContain(band);
});

test('the bands of lateness have names that say what they count, early shots in the first', () => {
  const [dashboard] = stack.ofType('AWS::CloudWatch::Dashboard');
  const body = JSON.stringify(dashboard?.Properties['DashboardBody']);

  for (const name of ['up to 15 ms, or early', '15 to 30 ms', 'over 2000 ms']) expect(body).toContain(name);
});

test('two stages in one account have separate metrics: functions write, alarms and graphs read those of their own stack', () => {
  const dev = synthesized({ stage: 'dev', monitoring: 'full' });
  const told = [...dev.functions.values()].map(({ environment }) => environment['SERVICE_NAME']);
  const read = dev.ofType('AWS::CloudWatch::Alarm').flatMap(({ Properties }) => servicesIn(Properties));
  const drawn = JSON.stringify(dev.ofType('AWS::CloudWatch::Dashboard'));

  expect(new Set([...told, ...read])).toEqual(new Set(['on-the-dot-dev']));
  expect(read.length).toBeGreaterThan(10);
  expect(drawn).toContain('service=\\\\\\"on-the-dot-dev');
  expect(drawn).not.toContain('on-the-dot-prod');
});

/** The values of the dimension `service` in an alarm's metrics. */
const servicesIn = (alarm: object): readonly unknown[] =>
  [...JSON.stringify(alarm).matchAll(/"Name":"service","Value":"([^"]+)"/g)].map(([, service]) => service);

test('the operator’s paper explains every alarm of the service', () => {
  const paper = readFileSync('infra/constructs/README.md', 'utf8');
  const names = [...alarms().keys()].filter((name) => !selectFunctions({}).has(name));

  expect(names.filter((name) => !paper.includes(`\`${name}\``))).toEqual([]);
});

test('without an address no mail is sent; with one, mail reports every alarm and the failures on the bus', () => {
  const actions = (of: Synthesized) =>
    of.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties['AlarmActions']);
  const [topic] = withMail.ofType('AWS::SNS::Topic');
  const rule = withMail
    .ofType('AWS::Events::Rule')
    .find(({ Properties }) => JSON.stringify(Properties).includes('PreBooking Failed'));

  expect(new Set(actions(stack))).toEqual(new Set([undefined]));
  expect(stack.ofType('AWS::SNS::Topic')).toEqual([]);
  for (const action of actions(withMail)) expect(action).toEqual([{ Ref: topic?.id }]);
  expect(rule?.Properties['EventPattern']).toEqual({ 'detail-type': ['PreBooking Failed', 'Session LoginRequired'] });
  const policy = JSON.stringify(withMail.ofType('AWS::SNS::TopicPolicy')[0]?.Properties);
  for (const service of ['cloudwatch', 'events']) expect(policy).toContain(`"Service":"${service}.amazonaws.com"`);
});
