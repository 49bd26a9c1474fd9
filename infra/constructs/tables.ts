import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { TABLES, type TableDefinition } from '../catalog/tables.ts';
import type { DeploymentOptions } from '../options.ts';
import { removalPolicyOf } from './retention.ts';

export type TablesProps = { readonly options: DeploymentOptions; readonly key: IKey | undefined };

/** The tables of the catalogue: paid by request, kept when the stack goes, restorable to any second of the last 35 days. */
export class Tables extends Construct {
  readonly #byName: ReadonlyMap<string, Table>;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    this.#byName = new Map(
      Object.entries<TableDefinition>(TABLES).map(([name, definition]) => [name, this.#table(name, definition, props)]),
    );
  }

  get all(): Iterable<readonly [name: string, table: Table]> {
    return this.#byName;
  }

  named(name: string): Table {
    const table = this.#byName.get(name);
    if (!table) throw new Error(`There is no table ${name}.`);
    return table;
  }

  #table(name: string, definition: TableDefinition, { options, key }: TablesProps): Table {
    const { partitionKey, sortKey, timeToLive, indexes, localIndexes = [] } = definition;
    const table = new Table(this, name, {
      partitionKey: text(partitionKey),
      ...(sortKey && { sortKey: text(sortKey) }),
      ...(timeToLive && { timeToLiveAttribute: timeToLive }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: options.removal === 'retain',
      removalPolicy: removalPolicyOf(options),
      ...(key
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }
        : { encryption: TableEncryption.AWS_MANAGED }),
    });
    for (const index of indexes) {
      table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey.name, type: TYPES[index.partitionKey.type] },
        ...(index.sortKey && { sortKey: text(index.sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    for (const index of localIndexes) {
      table.addLocalSecondaryIndex({
        indexName: index.name,
        sortKey: text(index.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }
}

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;
const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });
