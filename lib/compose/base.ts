import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { publisher } from '../events/event-bus.ts';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { createDocuments, type Documents } from '../platform/dynamodb.ts';
import { type Environment, readRequired } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { embeddedMetrics, type Measure } from '../platform/metrics.ts';
import { type KeySource, keySource } from '../platform/secrets.ts';
import { systemClock } from '../platform/system-clock.ts';

/**
 * The base of every Lambda function: its environment, and the DynamoDB document client (`documents`). Composers (`compose…`) put
 * the other parts of a function together. A function's bundle contains only the composers that it calls, with their AWS clients.
 * Each composer reads only the environment variables that it needs.
 */
export type Base = { readonly environment: Environment; readonly documents: Documents };

export const clock = systemClock;

/** Composes the base. @param databaseTimeout how long the SDK waits for the database before it retries, in milliseconds. */
export const composeBase = (environment: Environment, databaseTimeout?: number): Base => ({
  environment,
  documents: createDocuments(databaseTimeout),
});

/** Composes the access to one table. @param variable the environment variable that holds the table's name. */
export const composeTable = <const Variable extends string>({ environment, documents }: Base, variable: Variable) => ({
  documents,
  table: readRequired(environment, variable)[variable],
});

/**
 * Composes the function that emits metrics. With `MONITORING=basic` it emits nothing, because CloudWatch charges for each
 * metric.
 */
export const composeMeasure = ({ environment }: Base): Measure =>
  environment['MONITORING'] === 'basic' ? () => undefined : emitTo(environment);

const emitTo = (environment: Environment) =>
  embeddedMetrics(readRequired(environment, 'SERVICE_NAME').SERVICE_NAME, clock, (line) => process.stdout.write(line));

/**
 * The sources of the encryption keys, by the function's environment. All parts of a function share one source, which caches the
 * keys.
 */
const keySources = new WeakMap<Environment, KeySource>();

/** Composes the source of the encryption keys. */
export function composeKeys({ environment }: Base): KeySource {
  const known = keySources.get(environment);
  if (known) return known;
  const { KEYS_SECRET_ID } = readRequired(environment, 'KEYS_SECRET_ID');
  const secrets = keySource(new SecretsManagerClient(CLIENT_LIMITS), KEYS_SECRET_ID, { clock, logger });
  keySources.set(environment, secrets);
  return secrets;
}

/** Composes the function that publishes events on the bus. */
export const composePublish = ({ environment }: Base) =>
  publisher(new EventBridgeClient(CLIENT_LIMITS), readRequired(environment, 'EVENT_BUS_NAME').EVENT_BUS_NAME);
