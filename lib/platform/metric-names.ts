/** The namespace of the metrics. The functions emit them; the alarms and the dashboard read them. */
export const NAMESPACE = 'OnTheDot';

/** The dimension of every metric: the stack that emits it, so that stacks in one account and Region have separate metrics. */
export const SERVICE = 'service';

/** The second dimension of `PrebookingFinished`. No other metric has it, because CloudWatch charges for each value. */
export const OUTCOME = 'outcome';

export const METRICS = {
  /**
   * Arrival of the first shot minus the opening, on AimHarder's clock, in milliseconds; 0 when it was early, because
   * CloudWatch has no percentiles of a metric with negative values.
   */
  latenessMs: 'LatenessMs',
  /** First shots that arrived before the opening, by the calibration's estimate. */
  earlyShots: 'EarlyShots',
  /** Booking requests sent for one pre-booking. */
  shots: 'Shots',
  /** Pre-bookings that have ended, by outcome. */
  prebookingFinished: 'PrebookingFinished',
  /** Sessions that a run has kept alive: by a refresh, whoami or a relogin. */
  sessionsRefreshed: 'SessionsRefreshed',
  /** Sessions whose refresh failed. */
  sessionRefreshFailed: 'SessionRefreshFailed',
  /** Due sessions that a run did not refresh, because its time was up. */
  sessionsLeft: 'SessionsLeft',
  /** Age of the oldest token that a run began to refresh, in milliseconds, measured before the refresh. */
  oldestTokenAgeMs: 'OldestTokenAgeMs',
  /** Sessions, background and device, that AimHarder has ended. */
  sessionLoginRequired: 'SessionLoginRequired',
  /** Sessions that whoami has proven alive, because AimHarder did not renew their token. */
  refreshedByWhoAmI: 'RefreshedByWhoAmI',
  /** How long after the end of its scheduled minute a wake-up came, in milliseconds. */
  wakeUpLate: 'WakeUpLate',
  /** Wake-ups that never came or were never set. The sweep finds them. */
  wakeUpLost: 'WakeUpLost',
  /** Messages to members that were delivered. */
  messagesSent: 'MessagesSent',
  /** Deliveries of messages that failed. */
  messagesFailed: 'MessagesFailed',
  /** Receivers of any channel that were ended: they accepted nothing for a week, or wanted no more messages. */
  webhooksDisabled: 'WebhooksDisabled',
  /** Routines that were planned. */
  routinesPlanned: 'RoutinesPlanned',
  /** Pre-bookings that were ordered for routines. */
  routinesOrdered: 'RoutinesOrdered',
  /** Members whose routines could not be planned because of an internal error. */
  plansFailed: 'PlansFailed',
  /** Members whose routines were not planned because the run's time was up. */
  plansLeft: 'PlansLeft',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];
