import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

/** The bus that outcomes are published on. Operators may attach mail or chat to it. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      description: 'Events of On the Dot: PreBooking …, Session …, WakeUp …',
    });
  }
}
