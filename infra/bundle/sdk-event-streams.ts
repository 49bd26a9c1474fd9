/**
 * Stands in for `@smithy/core/event-streams` in the bundles (esbuild.config.mjs): the SDK sets it up for commands whose
 * answers are event streams, and no command used here is one.
 */
export const eventStreamSerdeProvider = () => undefined;

export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of the bundles.');
  }
}
