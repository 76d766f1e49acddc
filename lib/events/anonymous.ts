// A visitor who has not told who they are is a customer too, under `anon:<anonymousId>`, until identify links them.
// Capture refuses user ids that start so.

import { type CustomerId, customerId } from '../base/ids.ts';

export const anonymousPrefix = 'anon:';

export const anonymousCustomer = (anonymousId: string): CustomerId =>
  customerId(`${anonymousPrefix}${anonymousId}`);

export const isAnonymous = (id: CustomerId): boolean => id.startsWith(anonymousPrefix);
