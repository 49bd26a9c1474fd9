import type { Outgoing } from '../../../lib/notifications/channel.ts';

/** Builds a message that is about a booked class. */
export const outgoing = (eventId: string, body: string | null = null, more: Partial<Outgoing> = {}): Outgoing => ({
  ...{ eventId, body, happenedAt: 0, subject: 'Plaza reservada: WOD', text: 'Tienes plaza en WOD (CrossFit Demo).' },
  ...{ kind: 'booked', about: 'prebooking 1', link: 'https://page.example.com/#mine' },
  ...more,
});
