import type * as z from 'zod/mini';
import type { ErrorCode } from '../../../lib/platform/errors.ts';

export const TAGS = {
  Sessions: 'Logins: one session for each device, and the background session that books.',
  Classes: 'Boxes, their timetables, and bookings made at once.',
  'Pre-bookings': 'Orders to book a class the instant its bookings open.',
  Routines: 'Classes wanted every week, which are ordered by themselves, and the pauses in between.',
  Calendar: 'A private feed of the member’s classes.',
  Notifications: 'Being told of what happens, by webhook and by mail.',
  Service: 'The service itself.',
} as const;

export type Answer = {
  readonly means: string;
  readonly schema?: z.ZodMiniType;
  /** Where it is not JSON. */
  readonly contentType?: string;
  readonly headers?: readonly string[];
};

export type Described = {
  readonly summary: string;
  readonly tag: keyof typeof TAGS;
  /** Needs no access token. */
  readonly open?: true;
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beyond what every route may answer (see document.ts). */
  readonly problems: readonly ErrorCode[];
};

export const done = (means: string): Answer => ({ means });
