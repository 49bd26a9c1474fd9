import engine from 'dynalite/db/index.js';
import deleteItem from 'dynalite/validations/deleteItem.js';
import putItem from 'dynalite/validations/putItem.js';
import updateItem from 'dynalite/validations/updateItem.js';

const { checkConditional } = engine;

/**
 * Adds the parameter `ReturnValuesOnConditionCheckFailure` to dynalite, which otherwise ignores it. With the value `ALL_OLD`, the
 * refusal of a conditional write contains the item that did not meet the condition. No other write can change the item meanwhile,
 * because dynalite still has it locked.
 */
export function returnRefusedItems(): void {
  for (const { types } of [deleteItem, putItem, updateItem])
    types['ReturnValuesOnConditionCheckFailure'] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  engine.checkConditional = (request, item) => {
    const refusal = checkConditional(request, item);
    if (refusal && item && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') refusal.body.Item = item;
    return refusal;
  };
}
