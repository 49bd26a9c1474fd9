/** The metrics of the service, as the functions emit them and the alarms and the dashboard read them. */
export const NAMESPACE = 'OnTheDot';

/** Every metric has this dimension: the stack it comes from, so that two in one account and Region are apart. */
export const SERVICE = 'service';

/** The second dimension of `PrebookingFinished`, and of no other: each of its values is a metric to be paid. */
export const OUTCOME = 'outcome';

export const METRICS = {
  /**
   * Arrival of a first shot minus the opening, on AimHarder's clock, in milliseconds; 0 when it was early, because
   * CloudWatch has no percentiles of a metric with negative values.
   */
  latenessMs: 'LatenessMs',
  /** First shots that arrived before the opening, by the estimate. */
  earlyShots: 'EarlyShots',
  /** Booking requests sent for one pre-booking. */
  shots: 'Shots',
  /** Pre-bookings that came to an end; the second dimension says which. */
  prebookingFinished: 'PrebookingFinished',
  sessionsRefreshed: 'SessionsRefreshed',
  sessionRefreshFailed: 'SessionRefreshFailed',
  /** Sessions whose turn came and was not begun, because the time was up. */
  sessionsLeft: 'SessionsLeft',
  /** Age of the oldest token that a run of the refresh renewed, or failed to renew, in milliseconds. */
  oldestTokenAgeMs: 'OldestTokenAgeMs',
  /** Sessions that AimHarder has ended. */
  sessionLoginRequired: 'SessionLoginRequired',
  /** Sessions proven alive because AimHarder would not renew their token. */
  refreshedByWhoAmI: 'RefreshedByWhoAmI',
  /** How much later than the Scheduler's minute a wake-up came, in milliseconds. */
  wakeUpLate: 'WakeUpLate',
  /** Wake-ups that never came, or were never set: found by the sweep. */
  wakeUpLost: 'WakeUpLost',
  /** Messages to members that were delivered. */
  messagesSent: 'MessagesSent',
  /** Tries to deliver one that failed. */
  messagesFailed: 'MessagesFailed',
  /** Webhooks that took nothing for a week, or wanted nothing any more. */
  webhooksDisabled: 'WebhooksDisabled',
  /** Routines that were seen to, and the orders that were made for them. */
  routinesPlanned: 'RoutinesPlanned',
  routinesOrdered: 'RoutinesOrdered',
  /** Members whose routines could not be planned, by our fault, and those for whom the time was too short. */
  plansFailed: 'PlansFailed',
  plansLeft: 'PlansLeft',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];
