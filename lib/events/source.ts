/** The EventBridge source of all events of this service. */
export const SOURCE = 'on-the-dot';
