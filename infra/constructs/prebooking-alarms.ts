import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Outcome } from '../../lib/events/outcome.ts';
import { METRICS, OUTCOME } from '../../lib/platform/metric-names.ts';
import { HOURLY, type MetricOf, SUM } from './metrics.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/** Alarms for pre-bookings that fire late, early or not at all. */
export const firingAlarms = (sources: AlarmSources, metricOf: MetricOf): readonly ServiceAlarm[] => [
  {
    id: 'shots-late',
    metric: metricOf(METRICS.latenessMs, { statistic: Stats.p(90) }),
    // In milliseconds. A class fills in about two seconds. In the benchmark, 99 of 100 first shots arrive within 53 ms
    // (README.md).
    above: 250,
    description:
      'Members lose classes to quicker clients: shots arrive late. Look at latenessBoundMs in the log event prebooking-finished. A wide bound means a poor path to AimHarder; a narrow one means that the function got too little CPU (memory, concurrency).',
  },
  {
    id: 'shots-early',
    metric: metricOf(METRICS.earlyShots),
    above: 0,
    description:
      'A member may have lost a class: by our estimate a first shot arrived before the opening, and the next shot had to wait for the refusal. Compare latenessMs with latenessBoundMs in the log event prebooking-finished. If the shot was early by more than a few milliseconds, or this happens again, set AIM to safe.',
  },
  {
    id: 'wake-ups-late',
    metric: metricOf(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM }),
    // In milliseconds. A wake-up comes at least 61 s before the opening, and a firing begins about 30 s before the opening. If
    // one of them is more than 10 s late, the time is too short for the probes.
    above: 10_000,
    description:
      'Members’ pre-bookings have too little time to prepare: wake-ups come late, or firings begin late. Check the health of the Scheduler and of SQS in this Region, and whether preparations or firings are throttled.',
  },
  {
    id: 'wake-ups-lost',
    metric: metricOf(METRICS.wakeUpLost),
    above: 0,
    description:
      'A member’s pre-booking had no wake-up, or its firing died; the sweep or the guard has fired it, perhaps with little time left. Find its id in the log event prebooking-recovered, prebooking-rearmed or firing-restarted, and check with the id which function failed.',
  },
  ...startAlarms(sources),
];

/** Alarms for pre-bookings whose wake-up, preparation or firing did not start, or failed. */
const startAlarms = ({ functions, wakeUps, firingQueue }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'wake-ups-undelivered',
    inBasicMonitoring: true,
    metric: wakeUps.undelivered.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is a pre-booking whose wake-up could not be delivered; the sweep fires it within a minute. Read the error in the message’s attributes, fix the cause, and delete the message.',
  },
  {
    id: 'firings-undelivered',
    inBasicMonitoring: true,
    metric: firingQueue.undelivered.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is the start of a firing, or its guard, that dispatch-firings failed to carry out three times; the sweep fires the pre-booking within a minute. Find its id in the log event unexpected-error of dispatch-firings, fix the cause, and delete the message.',
  },
  {
    id: 'firings-failed',
    inBasicMonitoring: true,
    metric: functions.failedFirings.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue names pre-bookings whose preparation or firing failed or came too late; the guard or the sweep fires them again until 2 minutes after their opening. Find them by the ids in the message, check how they ended, and delete the message.',
  },
  {
    id: 'firings-throttled',
    inBasicMonitoring: true,
    metric: functions.fire.metricThrottles(SUM),
    above: 0,
    description:
      'Members lose classes: more pre-bookings open at once than functions may run. Ask AWS to raise the account’s Lambda concurrency, and set accountConcurrency to it.',
  },
];

/** The outcomes that harm a member. An alarm rings if an hour has more than `above` of them. */
const HARMFUL_OUTCOMES: readonly (readonly [id: string, outcome: Outcome, above: number, description: string])[] = [
  [
    'missed',
    'missed',
    0,
    'A member lost a class because the pre-booking was not fired in time. Find its id in the log event prebooking-finished: the events with that id say which wake-ups came and how they ended.',
  ],
  [
    'answers-unknown',
    'unknown',
    0,
    'Members lose classes: AimHarder gives answers that we do not know. The code is in the log event prebooking-finished; npm run doctor tells what has changed.',
  ],
  [
    'openings-wrong',
    'too-early',
    0,
    'Members lose classes: a box opens later than its rule says, and refused even the last shot as too early. Compare its opening rule with its page, and set BOX_OPENINGS.',
  ],
  [
    'aimharder-unreachable',
    'upstream-unreachable',
    2,
    'Members lose classes: AimHarder could not be reached when their bookings opened. Check whether its site answers. You cannot fix this here; tell the members.',
  ],
  [
    'aimharder-silent',
    'upstream-timeout',
    2,
    'Members may have lost classes: AimHarder received a booking and did not answer in time, and its timetable does not show the booking. Ask the members to check.',
  ],
  [
    'aimharder-rejecting',
    'upstream-rejected',
    2,
    'Members lose classes. There are two possible causes. AimHarder, or a proxy in front of it, refuses this address (403 or 429): then lastTokenUpdateError of the sessions is address-refused, and another Region may help, eu-south-2 first. Or AimHarder answers bookings with errors: check whether its site works; npm run doctor tells what has changed.',
  ],
  [
    'logins-missing',
    'login-required',
    2,
    'Members lose classes because AimHarder has ended their background sessions. Only they can log in again: tell them. If many members are hurt, see the alarm sessions-ended.',
  ],
];

/** Alarms for pre-bookings with a harmful outcome. */
export const outcomeAlarms = (metricOf: MetricOf): readonly ServiceAlarm[] =>
  HARMFUL_OUTCOMES.map(([id, outcome, above, description]) => ({
    id,
    metric: metricOf(METRICS.prebookingFinished, { ...HOURLY, dimensionsMap: { [OUTCOME]: outcome } }),
    above,
    description,
  }));
