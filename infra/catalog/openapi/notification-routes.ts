import * as z from 'zod/mini';
import { NotificationsBody, PushBody, PushEndBody } from '../../../lib/notifications/notification-api.ts';
import { PushView, TestView } from '../../../lib/notifications/settings-view.ts';
import { NotificationsAnswer } from './components.ts';
import type { RouteDescription } from './route-description.ts';

export const NOTIFICATION_ROUTES = {
  'PUT /v1/notifications': {
    summary: 'Replace the notification settings; the response has the webhook’s secret if it is new',
    tag: 'Notifications',
    body: NotificationsBody,
    responses: { 200: { description: 'Replaced.', schema: NotificationsAnswer } },
    problems: [],
  },
  'GET /v1/notifications': {
    summary: 'Get the notification settings, and the state of each receiver',
    tag: 'Notifications',
    responses: { 200: { description: 'The settings.', schema: NotificationsAnswer } },
    problems: [],
  },
  'DELETE /v1/notifications': {
    summary: 'Turn all notifications off',
    tag: 'Notifications',
    responses: { 204: { description: 'Deleted, with all subscriptions of browsers, or there was nothing to delete.' } },
    problems: [],
  },
  'POST /v1/notifications/push': {
    summary: 'Subscribe a browser to the caller’s messages, by Web Push',
    tag: 'Notifications',
    body: PushBody,
    responses: { 201: { description: 'Subscribed.', schema: z.strictObject({ subscription: PushView }) } },
    problems: [],
  },
  'DELETE /v1/notifications/push': {
    summary: 'Unsubscribe a browser from the caller’s messages',
    tag: 'Notifications',
    body: PushEndBody,
    responses: { 204: { description: 'Removed, or there was no such subscription.' } },
    problems: [],
  },
  'POST /v1/notifications/test': {
    summary: 'Send a test message over every channel that is set',
    tag: 'Notifications',
    responses: {
      202: {
        description:
          'The test has been sent. `sent` names the channels that accepted it, `failed` the other channels with the reason.',
        schema: TestView,
      },
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
