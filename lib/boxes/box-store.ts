import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Box } from '../aimharder/client.ts';
import type { Instant } from '../platform/clock.ts';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import { OpeningRule } from './opening-rule.ts';

export type BoxStore = ReturnType<typeof boxStore>;

/** What is known of a box beyond what AimHarder says at login. */
export type BoxKnowledge = {
  /** When bookings open, as AimHarder's last refusal told. */
  readonly openingRule: OpeningRule | null;
  readonly openingDelay: OpeningDelay | null;
};

/** How late a box opens: between the latest refusal and the earliest admission that were observed. */
export type OpeningDelay = {
  /** Both in milliseconds after the announced opening, by AimHarder's own clock. */
  readonly refusedAtMs: number;
  readonly admittedAtMs: number;
  /** When that was last observed. */
  readonly seenAt: Instant;
};

/** The attribute `gate`. */
const StoredOpeningDelay = z.object({ shutMs: z.number(), openMs: z.number(), seenAt: z.number() });

const parseOpeningDelay = ({ shutMs, openMs, seenAt }: z.output<typeof StoredOpeningDelay>): OpeningDelay => ({
  refusedAtMs: shutMs,
  admittedAtMs: openMs,
  seenAt,
});

const storedOpeningDelay = ({
  refusedAtMs,
  admittedAtMs,
  seenAt,
}: OpeningDelay): z.input<typeof StoredOpeningDelay> => ({ shutMs: refusedAtMs, openMs: admittedAtMs, seenAt });

/** What cannot be read is not known: a pre-booking is fired all the same. */
const BoxItem = z.object({
  openingRule: z.catch(z.optional(OpeningRule), undefined),
  gate: z.catch(z.optional(StoredOpeningDelay), undefined),
});

/** The boxes table (PK `box`): one item per box, filled by logins and learned from refusals. */
export function boxStore({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  async function get(box: string): Promise<BoxKnowledge> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { box } }));
    const { openingRule = null, gate } = Item ? BoxItem.parse(Item) : {};
    return { openingRule, openingDelay: gate ? parseOpeningDelay(gate) : null };
  }

  /** Notes the boxes of a login. Written only where something changed, because every login of a box's members comes here. */
  async function saveBoxes(boxes: readonly Box[]): Promise<void> {
    await Promise.all(
      boxes.map(({ box, boxId, name }) =>
        updateIf(documents, {
          TableName: table,
          Key: { box },
          UpdateExpression: 'SET boxId = :boxId, #name = :name',
          ConditionExpression: 'attribute_not_exists(box) OR boxId <> :boxId OR #name <> :name',
          ExpressionAttributeNames: { '#name': 'name' },
          ExpressionAttributeValues: { ':boxId': boxId, ':name': name },
        }),
      ),
    );
  }

  /** @throws Error when the rule is none. */
  async function learnRule(box: string, rule: OpeningRule): Promise<void> {
    await documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { box },
        UpdateExpression: 'SET openingRule = :rule',
        ExpressionAttributeValues: { ':rule': OpeningRule.parse(rule) },
      }),
    );
  }

  /** A rule that AimHarder contradicted is not used again. */
  async function forgetRule(box: string): Promise<void> {
    await documents.send(new UpdateCommand({ TableName: table, Key: { box }, UpdateExpression: 'REMOVE openingRule' }));
  }

  /** Stores a box's opening delay. @param delay null deletes the stored one, because it no longer holds. */
  async function learnOpeningDelay(box: string, delay: OpeningDelay | null): Promise<void> {
    await documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { box },
        ...(delay
          ? { UpdateExpression: 'SET gate = :gate', ExpressionAttributeValues: { ':gate': storedOpeningDelay(delay) } }
          : { UpdateExpression: 'REMOVE gate' }),
      }),
    );
  }

  return { get, saveBoxes, learnRule, forgetRule, learnOpeningDelay };
}
