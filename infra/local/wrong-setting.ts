/** A setting with which the service must not start. The message tells the operator what is wrong and what to do. */
export class WrongSetting extends Error {
  override readonly name = 'WrongSetting';
}
