import { updateIf } from '../platform/dynamodb.ts';
import type { PrebookingTable } from './conditions.ts';
import type { PrebookingKey } from './prebooking.ts';
import { QUOTA_ID } from './prebooking-record.ts';

/** Frees the quota of a pre-booking (`PendingQuota`). A second call changes nothing. */
export async function releaseQuota({ documents, table }: PrebookingTable, { email, id }: PrebookingKey): Promise<void> {
  const update = {
    TableName: table,
    Key: { email, id: QUOTA_ID },
    UpdateExpression: 'DELETE pendingIds :ids, routineIds :ids',
    // Without this condition, the update would create an empty item.
    ConditionExpression: 'attribute_exists(pendingIds) OR attribute_exists(routineIds)',
    ExpressionAttributeValues: { ':ids': new Set([id]) },
  };
  await updateIf(documents, update, 'repeatable');
}
