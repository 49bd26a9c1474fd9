import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { publisher } from '../events/event-bus.ts';
import { documents } from '../platform/dynamodb.ts';
import { type Environment, required } from '../platform/environment.ts';
import { embeddedMetrics } from '../platform/metrics.ts';
import { keysFrom } from '../platform/secrets.ts';
import { systemClock } from '../platform/system-clock.ts';

/**
 * The parts that functions are put together from, each with only the environment it needs. A function calls those it
 * uses; the others, and the clients behind them, stay out of its bundle.
 */

export const clock = systemClock;

export const composeMeasure = (environment: Environment) =>
  embeddedMetrics(required(environment, 'SERVICE_NAME').SERVICE_NAME, clock, (line) => process.stdout.write(line));

export const composeDocuments = documents;

export const composeKeys = (environment: Environment) =>
  keysFrom(new SecretsManagerClient({}), required(environment, 'KEYS_SECRET_ID').KEYS_SECRET_ID, clock);

export const composePublish = (environment: Environment) =>
  publisher(new EventBridgeClient({}), required(environment, 'EVENT_BUS_NAME').EVENT_BUS_NAME);
