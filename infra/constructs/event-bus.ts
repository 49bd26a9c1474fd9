import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

/** The bus of the service's events (lib/events). Operators may add their own rules to it, for example to post events in a chat. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      description: 'Events of On the Dot: PreBooking …, Session …, WakeUp …',
    });
  }
}
