import { GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Box } from '../aimharder/client.ts';
import type { Instant } from '../platform/clock.ts';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import { OpeningRule } from './opening-rule.ts';

/** What the service has learned about a box; AimHarder's login does not tell it. */
export type BoxKnowledge = {
  /** Derived from AimHarder's last refusal of an early booking. */
  readonly openingRule: OpeningRule | null;
  readonly openingDelay: OpeningDelay | null;
};

/** How late a box opens: between the latest refusal and the earliest admission that were observed. */
export type OpeningDelay = {
  /** Both instants are in milliseconds after the announced opening, by AimHarder's own clock. */
  readonly refusedAtMs: number;
  readonly admittedAtMs: number;
  /** When the delay was last observed. */
  readonly seenAt: Instant;
};

/** The attribute `gate`. */
const StoredOpeningDelay = z.object({ shutMs: z.number(), openMs: z.number(), seenAt: z.number() });

const decodeOpeningDelay = ({ shutMs, openMs, seenAt }: z.output<typeof StoredOpeningDelay>): OpeningDelay => ({
  refusedAtMs: shutMs,
  admittedAtMs: openMs,
  seenAt,
});

const encodeOpeningDelay = ({
  refusedAtMs,
  admittedAtMs,
  seenAt,
}: OpeningDelay): z.input<typeof StoredOpeningDelay> => ({ shutMs: refusedAtMs, openMs: admittedAtMs, seenAt });

/** An attribute that cannot be read counts as absent, because a pre-booking can be fired without it. */
const BoxItem = z.object({
  openingRule: z.catch(z.optional(OpeningRule), undefined),
  gate: z.catch(z.optional(StoredOpeningDelay), undefined),
});

/** The boxes table (PK `box`): one item per box, filled by logins and by AimHarder's refusals. */
export class BoxStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  async get(box: string): Promise<BoxKnowledge> {
    const { Item } = await this.#documents.send(new GetCommand({ TableName: this.#table, Key: { box } }));
    const { openingRule = null, gate } = Item ? BoxItem.parse(Item) : {};
    return { openingRule, openingDelay: gate ? decodeOpeningDelay(gate) : null };
  }

  /** Saves the boxes that a login lists. It writes only what changed, because every login of a box's members calls it. */
  async saveBoxes(boxes: readonly Box[]): Promise<void> {
    await Promise.all(
      boxes.map(({ box, boxId, name }) =>
        updateIf(this.#documents, {
          TableName: this.#table,
          Key: { box },
          UpdateExpression: 'SET boxId = :boxId, #name = :name',
          ConditionExpression: 'attribute_not_exists(box) OR boxId <> :boxId OR #name <> :name',
          ExpressionAttributeNames: { '#name': 'name' },
          ExpressionAttributeValues: { ':boxId': boxId, ':name': name },
        }),
      ),
    );
  }

  /** @throws ZodError when the rule is out of range. */
  async learnRule(box: string, rule: OpeningRule): Promise<void> {
    return this.#update(box, {
      UpdateExpression: 'SET openingRule = :rule',
      ExpressionAttributeValues: { ':rule': OpeningRule.parse(rule) },
    });
  }

  /** Deletes a rule that AimHarder contradicted. */
  forgetRule(box: string): Promise<void> {
    return this.#update(box, { UpdateExpression: 'REMOVE openingRule' });
  }

  /** @param delay null deletes what was learned before. */
  learnOpeningDelay(box: string, delay: OpeningDelay | null): Promise<void> {
    if (!delay) return this.#update(box, { UpdateExpression: 'REMOVE gate' });
    return this.#update(box, {
      UpdateExpression: 'SET gate = :gate',
      ExpressionAttributeValues: { ':gate': encodeOpeningDelay(delay) },
    });
  }

  async #update(box: string, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<void> {
    await this.#documents.send(new UpdateCommand({ TableName: this.#table, Key: { box }, ...change }));
  }
}
