import * as z from 'zod/mini';
import { DETAILS } from '../../../lib/events/event-schemas.ts';
import { SOURCE } from '../../../lib/events/source.ts';
import { WEBHOOK_TYPES } from '../../../lib/notifications/webhook-payload.ts';
import { type Json, referTo, toJsonSchemas } from './json-schemas.ts';

/** Names the schema of an event's detail: `PreBooking Booked` becomes `PreBookingBooked`. */
const detailName = (type: string): string => type.replaceAll(/\W/g, '');

/** `WEBHOOK_TYPES`, for reading by any text: `Object.entries` gives the event types as plain strings. */
const webhookTypes: Readonly<Record<string, string>> = WEBHOOK_TYPES;

/** Names the schema of the message to a webhook: `PreBookingBookedMessage`. */
const messageName = (type: string): string => `${detailName(type)}Message`;

/**
 * Describes as schemas the bodies that webhooks get for events: the event's detail, and `subject` and `text` for the member.
 * Bodies about no event, such as a test message, are described only in lib/http/README.md.
 */
export const describeMessages = (): Readonly<Record<string, Json>> =>
  toJsonSchemas(
    Object.fromEntries(
      Object.entries<z.ZodMiniType & { readonly shape: z.core.$ZodShape }>(DETAILS).map(([type, detail]) => [
        messageName(type),
        z.object({
          type: z.literal(webhookTypes[type] ?? type),
          timestamp: z.iso.datetime(),
          data: z.object({ ...detail.shape, subject: z.string(), text: z.string() }),
        }),
      ]),
    ),
    'output',
  );

/**
 * Describes the events on the service's bus. They are not webhooks: EventBridge rules deliver them to targets within AWS.
 */
export const describeBusEvents = (): Json => ({
  description: `Events on the service’s EventBridge bus, with source ${SOURCE}, at least once each.`,
  source: SOURCE,
  details: toJsonSchemas(DETAILS, 'output'),
});

const SIGNATURE_HEADERS: Readonly<Record<string, readonly [description: string, example: string]>> = {
  'webhook-id': ['The id of the event. It is the same in every attempt.', '2f1d8a70-6c1b-4b7e-9d3a-5e8f7c6b5a49'],
  'webhook-timestamp': ['When the request was sent, in seconds since 1970.', '2064153600'],
  'webhook-signature': ['The signature with the webhook’s secret (Standard Webhooks).', 'v1,K5oZfzN95Z9UVu1Esf'],
};

/** Describes the requests to a member's own webhook. */
export const describeWebhooks = (): Json =>
  Object.fromEntries(
    Object.entries(WEBHOOK_TYPES).map(([type, name]) => [
      name,
      {
        post: {
          operationId: `receive${detailName(type)}`,
          summary: `Receive the message ${name}`,
          description:
            'A request to the member’s webhook. After any answer but 2xx and 410 the service tries again, for up to a week. 410 turns the webhook off.',
          tags: ['Notifications'],
          security: [],
          parameters: Object.entries(SIGNATURE_HEADERS).map(([header, [description, example]]) => ({
            name: header,
            in: 'header',
            required: true,
            description,
            example,
            schema: { type: 'string' },
          })),
          requestBody: {
            required: true,
            description: 'The event, with the message in words.',
            content: { 'application/json': { schema: { $ref: referTo(messageName(type)) } } },
          },
          responses: { '2XX': { description: 'Received.' } },
        },
      },
    ]),
  );
