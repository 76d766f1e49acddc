// Customers in their table (ARCHITECTURE.md): `customer#<id>` with profile, state and list#<version>, and
// `anonymous#<id>` / link. Profile, state and list are kept as one JSON text each: a fifth of the cost of nested
// attributes to write and read, and never queried by field. `revision` and `digest` carry the optimistic locks.
// Reads are consistent: what was bought a second ago is gone from the next answer, and joining relies on it.

import { type DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { ModelVersion } from '../base/ids.ts';
import { type CustomerId, customerId as toCustomerId } from '../base/ids.ts';
import { canonicalJson, sha256Hex } from '../events/canonical-json.ts';
import type { CustomerProfile, CustomerRecord, PublishedList } from '../events/customer.ts';
import { packState, unpackState } from '../events/state-text.ts';
import type { CustomerStore } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';
import { getRows, putRows, type Row } from './dynamodb-rows.ts';

export const createCustomerStore = (client: DynamoDBDocumentClient, table: string): CustomerStore => {
  const rowsOf = (keys: readonly Row[]) => getRows(client, table, keys);

  const readMany: CustomerStore['readMany'] = async (customerIds, version) => {
    const unique = [...new Set(customerIds)];
    const rows = await rowsOf(unique.flatMap((id) => keysOf(id, version)));
    const byKey = Map.groupBy(rows, (row) => String(row.pk));
    return new Map(unique.map((id) => [id, recordOf(byKey.get(customerKey(id)) ?? [])]));
  };

  const linkAnonymous: CustomerStore['linkAnonymous'] = async (anonymousId, userId) => {
    const Key = { pk: `anonymous#${anonymousId}`, sk: 'link' };
    const isFirst = await putIf(client, table, { ...Key, userId }, 'attribute_not_exists(pk)');
    if (isFirst) {
      return userId;
    }
    const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return toCustomerId(String(Item?.userId));
  };

  return {
    read: async (id, version) => recordOf(await rowsOf(keysOf(id, version))),
    readMany,
    writeState: (id, state) =>
      putIf(
        client,
        table,
        { pk: customerKey(id), sk: 'state', revision: state.revision, body: packState(state) },
        state.revision === 1 ? 'attribute_not_exists(pk)' : 'revision = :revision',
        state.revision === 1 ? undefined : { ':revision': state.revision - 1 },
      ),
    writeProfile: (profile, previous) =>
      putIf(
        client,
        table,
        {
          pk: customerKey(profile.customerId),
          sk: 'profile',
          digest: digestOf(profile),
          body: JSON.stringify(profile),
        },
        previous === undefined ? 'attribute_not_exists(pk)' : 'digest = :digest',
        previous === undefined ? undefined : { ':digest': digestOf(previous) },
      ),
    writeLists: (lists) =>
      putRows(
        client,
        table,
        [...lists].map(([id, list]) => ({
          pk: customerKey(id),
          sk: `list#${list.modelVersion}`,
          body: JSON.stringify(list),
        })),
      ),
    linkAnonymous,
    linkedUsers: async (anonymousIds) => {
      const rows = await rowsOf(
        [...new Set(anonymousIds)].map((id) => ({ pk: `anonymous#${id}`, sk: 'link' })),
      );
      return new Map(
        rows.map((row) => [String(row.pk).slice('anonymous#'.length), toCustomerId(String(row.userId))]),
      );
    },
    scan: () => scanCustomers(client, table),
  };
};

const customerKey = (id: CustomerId): string => `customer#${id}`;

const keysOf = (id: CustomerId, version: ModelVersion | undefined): Row[] =>
  ['profile', 'state', ...(version === undefined ? [] : [`list#${version}`])].map((sk) => ({
    pk: customerKey(id),
    sk,
  }));

const digestOf = (profile: CustomerProfile): string => sha256Hex(canonicalJson(profile));

const recordOf = (rows: readonly Row[]): CustomerRecord => {
  const body = (sk: string) => rows.find((row) => String(row.sk).startsWith(sk));
  const profile = body('profile');
  const state = body('state');
  const list = body('list#');
  return {
    ...(profile && { profile: JSON.parse(String(profile.body)) as CustomerProfile }),
    ...(state && { state: unpackState(String(state.body), Number(state.revision)) }),
    ...(list && { list: JSON.parse(String(list.body)) as PublishedList }),
  };
};

/** False when the condition does not hold. */
const putIf = async (
  client: DynamoDBDocumentClient,
  table: string,
  item: Row,
  condition: string,
  values?: Row,
): Promise<boolean> => {
  try {
    await client.send(
      new PutCommand({
        TableName: table,
        Item: item,
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailed(error)) {
      return false;
    }
    throw error;
  }
};

/** Rows of one customer stand beside each other in a scan, but a page may end between them. */
async function* scanCustomers(
  client: DynamoDBDocumentClient,
  table: string,
): ReturnType<CustomerStore['scan']> {
  let start: Row | undefined;
  let rows: Row[] = [];
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        FilterExpression: 'sk IN (:profile, :state)',
        ExpressionAttributeValues: { ':profile': 'profile', ':state': 'state' },
        ExclusiveStartKey: start,
        ConsistentRead: true,
      }),
    );
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
    const lastPk = start && rows.at(-1)?.pk;
    const whole = rows.filter((row) => row.pk !== lastPk);
    rows = rows.filter((row) => row.pk === lastPk);
    if (whole.length > 0) {
      yield [...Map.groupBy(whole, (row) => String(row.pk))].map(([pk, ofCustomer]) => ({
        customerId: toCustomerId(pk.slice('customer#'.length)),
        ...recordOf(ofCustomer),
      }));
    }
  } while (start);
}
