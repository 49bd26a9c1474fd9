import { GetCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import type { BoxStore } from './box-store.ts';
import { OpeningRule } from './opening-rule.ts';

/** The person to whose tariff an opening rule belongs: a member at a box, or one of their family. */
export type RuleHolder = {
  readonly email: string;
  readonly box: string;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
};

/** A rule in the list of a member's rules: it belongs to the member, or to one of their family (`familyId`). */
export type MemberRule = Pick<RuleHolder, 'box' | 'familyId'> & { readonly opening: OpeningRule };

const RULE_PREFIX = '#opening#';

const RuleId = z.object({ id: z.string() });

/** The item of a rule. An invalid rule is decoded as absent, so that the next order asks AimHarder again. */
const RuleItem = z.object({ openingRule: z.catch(z.optional(OpeningRule), undefined) });

/**
 * Stores the opening rules that AimHarder's refusals contain. Tariffs differ, so each holder has a rule of its own (table of
 * pre-bookings: PK `email`, SK `#opening#<box>#<familyId>`). The table of boxes has the longest rule of each box's members.
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

  /** Finds a holder's own rule, with a strongly consistent read. @returns null if no rule is known. */
  find(holder: RuleHolder): Promise<OpeningRule | null> {
    return findLearnedRule({ documents: this.#documents, table: this.#table }, holder);
  }

  /** Finds the longest rule of any member of the box: the guess for a member whose own rule is unknown. */
  async findLongest(box: string): Promise<OpeningRule | null> {
    return (await this.#boxes.get(box)).longestRule;
  }

  /**
   * Stores the rule from a refusal as the holder's own, and as the box's longest rule unless the box has a longer one.
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

  /** Deletes a holder's own rule, because AimHarder has contradicted the rule, or has put it in doubt. */
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

/** Finds a holder's own rule, as `LearnedRules.find` does, for callers without access to the table of boxes. */
export async function findLearnedRule(
  { documents, table }: { readonly documents: Documents; readonly table: string },
  holder: RuleHolder,
): Promise<OpeningRule | null> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: table, Key: ruleKey(holder), ConsistentRead: true }),
  );
  return (Item && RuleItem.parse(Item).openingRule) ?? null;
}

/** Builds the key of a rule. It sorts before the member's quota and pre-bookings, so no list of pre-bookings contains the rule. */
const ruleKey = ({ email, box, familyId }: RuleHolder) => ({ email, id: `${RULE_PREFIX}${box}#${familyId ?? ''}` });

/** Lists the rules of a member and of their family, with strongly consistent reads. */
export async function listLearnedRules(
  { documents, table }: { readonly documents: Documents; readonly table: string },
  email: string,
): Promise<readonly MemberRule[]> {
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: table,
      KeyConditionExpression: 'email = :email AND begins_with(id, :prefix)',
      ExpressionAttributeValues: { ':email': email, ':prefix': RULE_PREFIX },
      ConsistentRead: true,
    },
  );
  const rules: MemberRule[] = [];
  for await (const { Items = [] } of pages) rules.push(...Items.flatMap(decodeRule));
  return rules;
}

/** Decodes an item of the list. @returns an empty list for an item whose rule was forgotten. */
function decodeRule(item: unknown): readonly MemberRule[] {
  const { openingRule: opening } = RuleItem.parse(item);
  const [box = '', familyId = ''] = RuleId.parse(item).id.slice(RULE_PREFIX.length).split('#');
  return opening ? [{ box, familyId: familyId || null, opening }] : [];
}
