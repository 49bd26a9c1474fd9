/** The metrics of the service, as the functions emit them and the alarms and the dashboard read them. */
export const NAMESPACE = 'OnTheDot';

/** Every metric has this dimension. */
export const SERVICE = { service: 'on-the-dot' } as const;

export const METRICS = {
  /** Arrival of a first shot minus the opening, on AimHarder's clock, in milliseconds; negative is early. */
  latenessMs: 'LatenessMs',
  /** First shots that arrived before the opening. */
  earlyShots: 'EarlyShots',
  /** Booking requests sent for one pre-booking. */
  shots: 'Shots',
  /** Pre-bookings that came to an end; a second dimension says which (`outcome`). */
  prebookingFinished: 'PrebookingFinished',
  sessionsRefreshed: 'SessionsRefreshed',
  sessionRefreshFailed: 'SessionRefreshFailed',
  /** Sessions whose turn came and was not begun, because the time was up. */
  sessionsLeft: 'SessionsLeft',
  /** Sessions that AimHarder has ended. */
  sessionLoginRequired: 'SessionLoginRequired',
  /** Sessions proven alive because AimHarder would not renew their token. */
  refreshedByWhoAmI: 'RefreshedByWhoAmI',
  /** How much later than the Scheduler's minute a wake-up came, in milliseconds. */
  wakeUpLate: 'WakeUpLate',
  /** Wake-ups that never came, or were never set: found by the sweep. */
  wakeUpLost: 'WakeUpLost',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];
