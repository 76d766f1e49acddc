// Why a channel is stopped as a whole: what the customer, a bounce or a complaint said (`suppressed`) and what the owner
// said (`owner`), of which the stronger is named: complained > bounced > manual > unsubscribed.

import type { Channel, CustomerProfile, Suppression } from './customer.ts';

export const suppressionOf = (
  profile: Pick<CustomerProfile, 'suppressed' | 'owner'> | undefined,
  channel: Channel,
): Suppression | undefined => {
  const told = profile?.suppressed[channel];
  const word = profile?.owner?.[channel];
  return word?.stopped !== true || told?.reason === 'complained' || told?.reason === 'bounced'
    ? told
    : { reason: 'manual', atMs: word.atMs, ...(word.note !== undefined && { note: word.note }) };
};

/** Of every channel that is stopped. */
export const suppressionsOf = (
  profile: Pick<CustomerProfile, 'suppressed' | 'owner'> | undefined,
): CustomerProfile['suppressed'] => {
  const all: { [channel in Channel]?: Suppression } = {};
  for (const channel of ['email', 'sms', 'push', 'in-app'] as const) {
    const suppression = suppressionOf(profile, channel);
    if (suppression !== undefined) all[channel] = suppression;
  }
  return all;
};
