import conditions from 'dynalite/db/index.js';
import deleteItem from 'dynalite/validations/deleteItem.js';
import putItem from 'dynalite/validations/putItem.js';
import updateItem from 'dynalite/validations/updateItem.js';

const { checkConditional } = conditions;

/**
 * Teaches dynalite DynamoDB's `ReturnValuesOnConditionCheckFailure`, which dynalite ignores: the refusal of a conditional
 * write returns the item that did not meet the condition. The refusal is made while the item is locked.
 */
export function returnRefusedItems(): void {
  for (const { types } of [deleteItem, putItem, updateItem])
    types['ReturnValuesOnConditionCheckFailure'] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  conditions.checkConditional = (request, item) => {
    const refusal = checkConditional(request, item);
    if (refusal && item && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') refusal.body.Item = item;
    return refusal;
  };
}
