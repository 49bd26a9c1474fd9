/**
 * Replaces `@smithy/core/event-streams` in the bundles. The SDK's clients import that module for commands whose answers are
 * event streams, but no function sends such a command.
 */
export const eventStreamSerdeProvider = () => undefined;

export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of the bundles.');
  }
}
