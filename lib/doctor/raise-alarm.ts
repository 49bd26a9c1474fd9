import { type CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';

/** The longest reason that CloudWatch accepts, in characters (API reference, SetAlarmState). */
const LONGEST_REASON = 1_023;

/**
 * Creates a function that makes an alarm ring for a reason, which the alarm's message states. If the alarm rings already,
 * CloudWatch keeps the new reason without sending another message.
 */
export const alarmRaiser =
  (cloudWatch: CloudWatchClient, alarmName: string) =>
  async (reason: string): Promise<void> => {
    const StateReason = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON - 1)}…` : reason;
    await cloudWatch.send(new SetAlarmStateCommand({ AlarmName: alarmName, StateValue: 'ALARM', StateReason }));
  };
