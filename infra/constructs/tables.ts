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

export type TablesProps = {
  readonly options: DeploymentOptions;
  /** Encrypts the tables; undefined with the option `encryption=aws-managed`. */
  readonly key: IKey | undefined;
};

/**
 * The tables of the catalogue. AWS charges for each request, not for reserved capacity, and can restore a table to any second of
 * the last 35 days. The tables stay when the stack is deleted, unless `removal` is `destroy`.
 */
export class Tables extends Construct {
  readonly #byName: ReadonlyMap<string, Table>;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    this.#byName = new Map(
      Object.entries<TableDefinition>(TABLES).map(([name, definition]) => [
        name,
        this.#createTable(name, definition, props),
      ]),
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

  #createTable(name: string, definition: TableDefinition, { options, key }: TablesProps): Table {
    const { partitionKey, sortKey, timeToLive, indexes, localIndexes = [] } = definition;
    const table = new Table(this, name, {
      partitionKey: textAttribute(partitionKey),
      ...(sortKey && { sortKey: textAttribute(sortKey) }),
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
        partitionKey: { name: index.partitionKey.name, type: ATTRIBUTE_TYPES[index.partitionKey.type] },
        ...(index.sortKey && { sortKey: textAttribute(index.sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    for (const index of localIndexes) {
      table.addLocalSecondaryIndex({
        indexName: index.name,
        sortKey: textAttribute(index.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }
}

const ATTRIBUTE_TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;
const textAttribute = (name: string): Attribute => ({ name, type: AttributeType.STRING });
