import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Outcome } from '../../lib/events/outcome.ts';
import { METRICS, OUTCOME } from '../../lib/platform/metric-names.ts';
import { HOUR, type ServiceMetric, SUM } from './metrics.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/** Alarms for pre-bookings that fire late, early or not at all. */
export const firingAlarms = ({ functions, wakeUps }: AlarmSources, emitted: ServiceMetric): readonly ServiceAlarm[] => [
  {
    id: 'shots-late',
    metric: emitted(METRICS.latenessMs, { statistic: Stats.p(90) }),
    // Classes fill in about two seconds; a calibrated shot arrives within a tenth of this.
    above: 250,
    description:
      'Members lose classes to quicker clients: shots arrive late. Look at latenessBoundMs in the log event prebooking-finished. A wide bound means a poor path to AimHarder; a narrow one means that the function got too little CPU (memory, concurrency).',
  },
  {
    id: 'shots-early',
    metric: emitted(METRICS.earlyShots),
    above: 0,
    description:
      'A member may have lost a class: by our estimate a first shot arrived before the opening, and the next shot had to wait for the refusal. Compare latenessMs with latenessBoundMs in prebooking-finished. If the shot was early by more than a few milliseconds, or this happens again, set AIM to safe.',
  },
  {
    id: 'wake-ups-late',
    metric: emitted(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM }),
    // A wake-up at the end of its minute comes 30 s before the opening; the preparation takes some 15 s.
    above: 10_000,
    description:
      'Members’ pre-bookings have too little time to prepare: wake-ups come late. Check the Scheduler’s health in this Region, and whether firings are throttled.',
  },
  {
    id: 'wake-ups-lost',
    metric: emitted(METRICS.wakeUpLost),
    above: 0,
    description:
      'A member’s pre-booking had no wake-up; the sweep has started it, perhaps with little time left. Find it by its id and check which function failed to arm it.',
  },
  {
    id: 'wake-ups-undelivered',
    metric: wakeUps.undelivered.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is a pre-booking whose wake-up could not be delivered; the sweep starts it within a minute. Read the error in the message’s attributes, fix the cause, and delete the message.',
  },
  {
    id: 'firings-failed',
    metric: functions.failedFirings.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is a pre-booking whose firing failed or came too late; the sweep starts it again until its grace is over. Find it by the id in the message, check how it ended, and delete the message.',
  },
  {
    id: 'firings-throttled',
    metric: functions.fire.metricThrottles(SUM),
    above: 0,
    description:
      'Members lose classes: more pre-bookings open at once than functions may run. Ask AWS to raise the account’s Lambda concurrency, or reserve some (fireReservedConcurrency).',
  },
];

/** Outcomes that hurt a member: how many in an hour are too many, and what to do. */
const HARMFUL_OUTCOMES: readonly (readonly [id: string, outcome: Outcome, above: number, description: string])[] = [
  [
    'missed',
    'missed',
    0,
    'A member lost a class because the pre-booking was not fired in time. Find it by its id: its log says which wake-ups came and how they ended.',
  ],
  [
    'answers-unknown',
    'unknown',
    0,
    'Members lose classes: AimHarder gives answers that we do not know. The code is in prebooking-finished; npm run doctor tells what has changed.',
  ],
  [
    'openings-wrong',
    'too-early',
    0,
    'Members lose classes: a box opens later than it says, after our last shot. Compare its opening rule with its page, and set BOX_OPENINGS.',
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
    'Members lose classes: AimHarder answers bookings with errors, or it, or what is in front of it, refuses this address (403 or 429; then lastTokenUpdateError of the sessions is address-refused, and another Region may help, eu-south-2 first). Check whether its site works; npm run doctor tells what has changed.',
  ],
  [
    'logins-missing',
    'login-required',
    2,
    'Members lose classes because AimHarder has ended their background sessions. Only they can log in again: tell them. If they are many, see the alarm sessions-ended.',
  ],
];

/** Alarms for pre-bookings that ended badly. */
export const outcomeAlarms = (emitted: ServiceMetric): readonly ServiceAlarm[] =>
  HARMFUL_OUTCOMES.map(([id, outcome, above, description]) => ({
    id,
    metric: emitted(METRICS.prebookingFinished, { ...HOUR, dimensionsMap: { [OUTCOME]: outcome } }),
    above,
    description,
  }));
