import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { listenOnLoopback } from './loopback.ts';

const Entry = z.object({ EventBusName: z.string(), Source: z.string(), DetailType: z.string(), Detail: z.string() });
const PutEvents = z.object({ Entries: z.array(z.unknown()).check(z.minLength(1), z.maxLength(10)) });

/** An event that the bus has accepted. */
export type AcceptedEvent = {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
};

/**
 * Starts EventBridge's PutEvents for one bus. As on AWS, the answer has an error for each refused entry.
 *
 * @param deliver receives each accepted event. If it throws, the event is refused.
 */
export async function startEventBus({
  name,
  deliver,
}: {
  readonly name: string;
  readonly deliver: (event: AcceptedEvent) => void;
}) {
  let isRefusing = false;
  /** Decodes and delivers an entry. @returns its part of the answer: the event's id, or an error. */
  const putEntry = (value: unknown) => {
    const entry = Entry.safeParse(value);
    if (isRefusing) return { ErrorCode: 'InternalFailure', ErrorMessage: 'Refused.' };
    if (!entry.success || entry.data.Source === '' || entry.data.DetailType === '')
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: 'Source, DetailType, Detail and EventBusName are required.',
      };
    const { EventBusName, Source: source, DetailType: detailType, Detail } = entry.data;
    if (EventBusName !== name) return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'No such bus.' };
    const detail = parseObject(Detail);
    if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    const id = randomUUID();
    try {
      deliver({ id, source, detailType, detail });
    } catch (error) {
      return { ErrorCode: 'InternalFailure', ErrorMessage: `The event was not stored: ${error}` };
    }
    return { EventId: id };
  };
  const server = createServer(async (request, response) => {
    const decoded = PutEvents.safeParse(await json(request).catch(() => undefined));
    const isPutEvents = request.headers['x-amz-target'] === 'AWSEvents.PutEvents' && decoded.success;
    const entries = isPutEvents ? decoded.data.Entries.map(putEntry) : [];
    response.writeHead(isPutEvents ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        isPutEvents
          ? { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries }
          : { __type: 'ValidationException', message: 'Only PutEvents, with 1 to 10 entries.' },
      ),
    );
  });
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    /** Makes the bus refuse every event from now on. With false, the bus accepts events again. */
    refuse(refusesAll: boolean) {
      isRefusing = refusesAll;
    },
    stop,
  };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
