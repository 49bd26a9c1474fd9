import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import type { BoxStore } from './box-store.ts';
import { OpeningRule } from './opening-rule.ts';

/** Names whose tariff an opening rule belongs to: the member's at a box, or that of one of their family. */
export type RuleHolder = {
  readonly email: string;
  readonly box: string;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
};

/** An attribute that cannot be read counts as absent: AimHarder is asked again. */
const RuleItem = z.object({ openingRule: z.catch(z.optional(OpeningRule), undefined) });

/**
 * The opening rules that AimHarder's refusals have told. Tariffs differ, so each holder has a rule of its own (table of
 * pre-bookings: PK `email`, SK `#opening#<box>#<familyId>`). A box keeps the longest rule that any of its members was told.
 */
export class LearnedRules {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #boxes: Pick<BoxStore, 'get' | 'learnLongestRule'>;

  constructor({
    documents,
    table,
    boxes,
  }: {
    readonly documents: Documents;
    readonly table: string;
    readonly boxes: Pick<BoxStore, 'get' | 'learnLongestRule'>;
  }) {
    this.#documents = documents;
    this.#table = table;
    this.#boxes = boxes;
  }

  /** Finds a holder's own rule. The read is strongly consistent. @returns null if AimHarder has not told it. */
  async find(holder: RuleHolder): Promise<OpeningRule | null> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: ruleKey(holder), ConsistentRead: true }),
    );
    return (Item && RuleItem.parse(Item).openingRule) ?? null;
  }

  /** Finds the longest rule that any member of the box was told. It is a guess for a member whose own rule is unknown. */
  async findLongest(box: string): Promise<OpeningRule | null> {
    return (await this.#boxes.get(box)).longestRule;
  }

  /**
   * Stores the rule that AimHarder's refusal has told a holder, also as the box's longest rule if none is longer.
   *
   * @throws ZodError when the rule is out of range.
   */
  async learn(holder: RuleHolder, rule: OpeningRule): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: ruleKey(holder),
        UpdateExpression: 'SET openingRule = :rule',
        ExpressionAttributeValues: { ':rule': OpeningRule.parse(rule) },
      }),
    );
    await this.#boxes.learnLongestRule(holder.box, rule);
  }

  /** Forgets a holder's own rule, because AimHarder has contradicted it, or may have. */
  async forget(holder: RuleHolder): Promise<void> {
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: ruleKey(holder),
      UpdateExpression: 'REMOVE openingRule',
      // Without this condition, the update would create an empty item.
      ConditionExpression: 'attribute_exists(openingRule)',
    });
  }
}

/** The key sorts before the member's quota and pre-bookings, so no list of pre-bookings contains it. */
const ruleKey = ({ email, box, familyId }: RuleHolder) => ({ email, id: `#opening#${box}#${familyId ?? ''}` });
