import { Annotations, CfnOutput, Lazy, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './constructs/alarms.ts';
import { ServiceDashboard } from './constructs/dashboard.ts';
import { createEncryptionKey } from './constructs/encryption.ts';
import { Bus } from './constructs/event-bus.ts';
import { EveryHours } from './constructs/every-hours.ts';
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
    const key = createEncryptionKey(this, options);
    const tables = new Tables(this, 'Tables', { options, key });
    const secrets = new Secrets(this, 'Secrets', { options, key });
    const wakeUps = new WakeUps(this, 'WakeUps', options);
    const firingQueue = new FiringQueue(this, 'FiringQueue', options);
    const { bus } = new Bus(this, 'Events');
    const granted = { tables, secrets, wakeUps, firingQueue, bus };
    // Resolved at the synthesis, because the API needs the functions, and the functions need the API's address for links in messages.
    const publicUrl = Lazy.string({ produce: () => http.url });
    const functions = new Functions(this, 'Functions', { options, bundles, publicUrl, ...granted });
    const http: Api = new Api(this, 'Http', { options, functions: functions.all });
    const { api } = http;
    const everyMinute = new EveryMinute(this, 'EveryMinute', functions.everyMinute);
    new EveryHours(this, 'EveryHours', functions.all);
    const events = new OnEvents(this, 'OnEvents', { options, bus, functions: functions.onEvents });
    const { alarmEmail: email } = options;
    const notifications = email ? new Notifications(this, 'Notifications', { options, email, bus, key }) : undefined;
    const alarms = new Alarms(this, 'Alarms', { options, functions, wakeUps, firingQueue, events, api, notifications });
    // The schedules come first, so that the alarms on missing runs do not ring before the first run.
    alarms.node.addDependency(everyMinute);
    const overview = { alarms: alarms.all, functions, wakeUps, api };
    const dashboard =
      options.monitoring === 'full' ? new ServiceDashboard(this, 'Overview', overview).dashboard : undefined;
    new PrebookingHistory(this, 'PrebookingHistory', functions.all);

    warnOfMail(this, options);
    this.#output({
      Url: [http.url, 'The address of the page and the API'],
      ApiId: [api.apiId, 'The id of the HTTP API, for switching requests off'],
      ...(http.domainTarget && {
        DomainTarget: [http.domainTarget, 'Where domainName must point, as a CNAME or an alias'],
      }),
      ScheduleGroup: [wakeUps.group.scheduleGroupName, 'The group of the schedules that wake pre-bookings'],
      EndAccountFunction: [
        functions.named('end-account').functionName,
        'The function that deletes an account (npm run member)',
      ],
      ...(dashboard && { Dashboard: [dashboard.dashboardName, 'The CloudWatch dashboard'] }),
      EventBus: [bus.eventBusName, 'The bus of the service’s events, for rules of your own'],
      KeysSecret: [secrets.keys.secretArn, 'The secret with the keys that encrypt tokens, cookies and passwords'],
      PushSecret: [secrets.push.secretArn, 'The secret with the key of Web Push'],
      SaltSecret: [secrets.salt.secretArn, 'The secret with the salt of the background sessions’ fingerprints'],
      ...Object.fromEntries(
        [...tables.all].map(([name, { tableName }]) => [`${name}Table`, [tableName, `The table ${name}`]]),
      ),
    });
  }

  #output(outputs: Readonly<Record<string, readonly [value: string, description: string]>>): void {
    for (const [name, [value, description]] of Object.entries(outputs))
      new CfnOutput(this, name, { value, description });
  }
}

/** Warns that members cannot have mail if there is no sender. If there is one, informs of the limits of a new SES account. */
function warnOfMail(scope: Construct, { mailFrom }: DeploymentOptions): void {
  const text = mailFrom
    ? `Mail from ${mailFrom} reaches only verified addresses until the account is out of the SES sandbox of this Region.`
    : 'Members cannot choose mail. To offer it, set mailFrom to an address that SES has verified. The other channels work without it.';
  if (mailFrom) Annotations.of(scope).addInfoV2('on-the-dot:ses-sandbox', text);
  else Annotations.of(scope).addWarningV2('on-the-dot:no-mail', text);
}
