import { randomUUID } from 'node:crypto';
import { GetCommand, type GetCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Box } from '../aimharder/client.ts';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import { OpeningDelay } from './opening-delay.ts';
import { estimateAdvanceHours, OpeningRule } from './opening-rule.ts';

/** What the service has learned about a box from AimHarder's refusals and from firings. */
export type BoxKnowledge = {
  /** The longest opening rule in a refusal to any member. Each member's own rule is in `LearnedRules`. */
  readonly longestRule: OpeningRule | null;
  readonly openingDelay: OpeningDelay | null;
};

/** The attribute `gate`. Each write gives it a new version, for an optimistic lock. */
const StoredOpeningDelay = z.extend(OpeningDelay, { version: z.string() });

/** An item of the table. An invalid attribute is decoded as absent, because a pre-booking can be fired without it. */
const BoxItem = z.object({
  name: z.catch(z.optional(z.string()), undefined),
  openingRule: z.catch(z.optional(OpeningRule), undefined),
  gate: z.catch(z.optional(StoredOpeningDelay), undefined),
});

const withoutVersion = ({ version: _, ...delay }: z.output<typeof StoredOpeningDelay>): OpeningDelay => delay;

/** How often a change of the opening delay is tried. Few tries suffice: only firings of the same opening compete. */
const MAX_ATTEMPTS = 5;

/** Reads and writes the boxes table (PK `box`), which has one item per box. */
export class BoxStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Reads what is known of a box, with an eventually consistent read. */
  async get(box: string): Promise<BoxKnowledge> {
    const { openingRule: longestRule = null, gate } = await this.#read(box);
    return { longestRule, openingDelay: gate ? withoutVersion(gate) : null };
  }

  /** Finds the name of a box. @returns undefined if no login has listed the box yet. */
  async findName(box: string): Promise<string | undefined> {
    return (await this.#read(box)).name;
  }

  /** Saves the boxes that a login lists. Writes only what has changed, because every login of every member calls it. */
  async saveBoxes(boxes: readonly Box[]): Promise<void> {
    await Promise.all(
      boxes.map(({ box, boxId, name }) =>
        updateIf(
          this.#documents,
          {
            TableName: this.#table,
            Key: { box },
            UpdateExpression: 'SET boxId = :boxId, #name = :name',
            ConditionExpression: 'attribute_not_exists(box) OR boxId <> :boxId OR #name <> :name',
            ExpressionAttributeNames: { '#name': 'name' },
            ExpressionAttributeValues: { ':boxId': boxId, ':name': name },
          },
          { boxId, name },
        ),
      ),
    );
  }

  /**
   * Stores a rule as the box's longest, unless the box has one that is as long or longer. The longest rule never becomes
   * shorter: a rule that is too long costs one refusal, but a rule that is too short costs the class.
   *
   * `openingAdvance` is the length of the stored rule, in hours.
   *
   * @throws ZodError when the rule is out of range.
   */
  async learnLongestRule(box: string, rule: OpeningRule): Promise<void> {
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { box },
      UpdateExpression: 'SET openingRule = :rule, openingAdvance = :hours',
      ConditionExpression: 'attribute_not_exists(openingAdvance) OR openingAdvance < :hours',
      ExpressionAttributeValues: { ':rule': OpeningRule.parse(rule), ':hours': estimateAdvanceHours(rule) },
    });
  }

  /**
   * Changes a box's opening delay. Concurrent changes do not overwrite each other: if another change was written first, `change` is
   * called again, with the delay that it has left.
   *
   * @param change returns the new opening delay, undefined to leave the stored one, or null to delete it.
   * @returns false if another change was written first at every try.
   */
  async changeOpeningDelay(
    box: string,
    change: (known: OpeningDelay | null) => OpeningDelay | null | undefined,
  ): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { gate } = await this.#read(box, { ConsistentRead: true });
      const next = change(gate ? withoutVersion(gate) : null);
      if (next === undefined || (await this.#replaceOpeningDelay(box, gate?.version, next))) return true;
    }
    return false;
  }

  #replaceOpeningDelay(box: string, version: string | undefined, next: OpeningDelay | null): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { box },
      UpdateExpression: next ? 'SET gate = :gate' : 'REMOVE gate',
      // A stored `gate` without a version counts as absent, so this write replaces it.
      ConditionExpression: version ? 'gate.version = :version' : 'attribute_not_exists(gate.version)',
      // DynamoDB refuses an empty map of values.
      ...((next || version) && {
        ExpressionAttributeValues: {
          ...(next && { ':gate': { ...next, version: randomUUID() } }),
          ...(version && { ':version': version }),
        },
      }),
    });
  }

  async #read(box: string, options: Partial<GetCommandInput> = {}): Promise<z.output<typeof BoxItem>> {
    const { Item } = await this.#documents.send(new GetCommand({ TableName: this.#table, Key: { box }, ...options }));
    return Item ? BoxItem.parse(Item) : {};
  }
}
