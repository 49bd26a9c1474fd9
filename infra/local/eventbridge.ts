import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { boundPort } from './dynamodb.ts';

const Entry = z.object({ EventBusName: z.string(), Source: z.string(), DetailType: z.string(), Detail: z.string() });
const Request = z.object({ Entries: z.array(z.unknown()).check(z.minLength(1), z.maxLength(10)) });

/** An event as a rule's target gets it. */
export type AcceptedEvent = {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
};

/** EventBridge's PutEvents, for one bus: entries it refuses are told one by one, as AWS does. */
export async function startEventBus({
  name,
  deliver,
}: {
  readonly name: string;
  readonly deliver: (event: AcceptedEvent) => void;
}) {
  let refusing = false;
  const put = (value: unknown) => {
    const entry = Entry.safeParse(value);
    if (refusing) return { ErrorCode: 'InternalFailure', ErrorMessage: 'Told to refuse.' };
    if (!entry.success || entry.data.Source === '' || entry.data.DetailType === '')
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType, Detail and EventBusName are needed.' };
    const { EventBusName, Source: source, DetailType: detailType, Detail } = entry.data;
    if (EventBusName !== name) return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'There is no such bus.' };
    const detail = objectIn(Detail);
    if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    const id = randomUUID();
    deliver({ id, source, detailType, detail });
    return { EventId: id };
  };
  const server = createServer(async (request, response) => {
    const asked = Request.safeParse(await json(request).catch(() => undefined));
    const known = request.headers['x-amz-target'] === 'AWSEvents.PutEvents' && asked.success;
    const entries = known ? asked.data.Entries.map(put) : [];
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        known
          ? { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries }
          : { __type: 'ValidationException', message: 'Only PutEvents, with 1 to 10 entries.' },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    /** From now on every event is refused, or taken again. */
    refuse(on: boolean) {
      refusing = on;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
