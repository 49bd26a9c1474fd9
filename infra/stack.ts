import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './constructs/alarms.ts';
import { ServiceDashboard } from './constructs/dashboard.ts';
import { encryptionKey } from './constructs/encryption.ts';
import { Bus } from './constructs/event-bus.ts';
import { EveryMinute } from './constructs/every-minute.ts';
import { FiringQueue } from './constructs/firing-queue.ts';
import { Functions } from './constructs/functions.ts';
import { Api } from './constructs/http-api.ts';
import { Notifications } from './constructs/notifications.ts';
import { OnEvents } from './constructs/on-events.ts';
import { PrebookingHistory } from './constructs/prebooking-history.ts';
import { Secrets } from './constructs/secrets.ts';
import { Tables } from './constructs/tables.ts';
import { WakeUps } from './constructs/wake-ups.ts';
import type { DeploymentOptions } from './options.ts';

export type OnTheDotProps = {
  readonly options: DeploymentOptions;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
};

/** The whole service on AWS. */
export class OnTheDot extends Stack {
  constructor(scope: Construct, { options, bundles }: OnTheDotProps) {
    super(scope, `on-the-dot-${options.stage}`, {
      description: 'On the Dot: books gym classes the instant bookings open',
      terminationProtection: options.removal === 'retain',
    });
    for (const [tag, value] of Object.entries({ service: 'on-the-dot', stage: options.stage }))
      Tags.of(this).add(tag, value, { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] });
    const key = encryptionKey(this, options);
    const tables = new Tables(this, 'Tables', { options, key });
    const secrets = new Secrets(this, 'Secrets', { options, key });
    const wakeUps = new WakeUps(this, 'WakeUps', options);
    const firingQueue = new FiringQueue(this, 'FiringQueue', options);
    const { bus } = new Bus(this, 'Events');
    const granted = { tables, secrets, wakeUps, firingQueue, bus };
    const functions = new Functions(this, 'Functions', { options, bundles, ...granted });
    const { api } = new Api(this, 'Http', { options, functions: functions.all });
    const everyMinute = new EveryMinute(this, 'EveryMinute', functions.everyMinute);
    const events = new OnEvents(this, 'OnEvents', { options, bus, functions: functions.onEvents });
    const { alarmEmail: email } = options;
    const notifications = email ? new Notifications(this, 'Notifications', { options, email, bus, key }) : undefined;
    const alarms = new Alarms(this, 'Alarms', { functions, wakeUps, firingQueue, events, api, notifications });
    // The schedules come first, so that the alarms on missing runs do not ring before the first run.
    alarms.node.addDependency(everyMinute);
    const { dashboard } = new ServiceDashboard(this, 'Overview', { alarms: alarms.all, functions, wakeUps, api });
    new PrebookingHistory(this, 'PrebookingHistory', functions.all);

    this.#output({
      Url: api.apiEndpoint,
      ApiId: api.apiId,
      ScheduleGroup: wakeUps.group.scheduleGroupName,
      EndAccountFunction: functions.named('end-account').functionName,
      Dashboard: dashboard.dashboardName,
      EventBus: bus.eventBusName,
      KeysSecret: secrets.keys.secretArn,
      SaltSecret: secrets.salt.secretArn,
      ...Object.fromEntries([...tables.all].map(([name, { tableName }]) => [`${name}Table`, tableName])),
    });
  }

  #output(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
