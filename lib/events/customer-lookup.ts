// A look at one customer's record, for the console and for support: profile, fresh state and the list that serves.

import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import type { CustomerStore, ModelRegistry } from '../ports.ts';
import type { CustomerRecord } from './customer.ts';
import { suppressionsOf } from './suppressions.ts';

export const readCustomer = async (
  customerId: CustomerId,
  customers: Pick<CustomerStore, 'read'>,
  registry: Pick<ModelRegistry, 'current'>,
): Promise<CustomerRecord & { readonly customerId: CustomerId }> => {
  const record = await customers.read(customerId, (await registry.current())?.version);
  if (record.profile || record.state || record.list) {
    const { profile } = record;
    return {
      customerId,
      ...record,
      ...(profile && { profile: { ...profile, suppressed: suppressionsOf(profile) } }),
    };
  }
  throw new Failure('not-found', {
    code: 'customer-not-found',
    message: 'Nothing is known of this customer.',
    received: customerId,
    action: 'Check the user id, and that events were sent with it more than a few seconds ago.',
  });
};
