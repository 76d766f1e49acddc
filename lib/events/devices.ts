// The devices a customer can be pushed to, from what Segment's mobile libraries send with every event:
// context.device { id, type: ios | android, token } (spec "Common fields"). A device is known by its token and kept with
// the day (UTC) it was last seen on, so that a day's events write the profile once; of two tokens of one device id only
// the later counts. The result does not depend on the order of the events.
// A token is dead from the moment its push service or a "Signed Out" said so until it is seen on a later day.

import { devicesCountMax, pushTokenLengthMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerProfile, Device } from './customer.ts';
import type { StoredEvent } from './event.ts';
import { isObject } from './meaning.ts';

/** What an event says of a device; undefined: nothing. */
export const deviceOfEvent = ({ type, event, context, timestamp }: StoredEvent): Device | undefined => {
  const device = isObject(context.device) ? context.device : {};
  const platform = platformOf(device.type);
  const { token, id } = device;
  if (platform === undefined || typeof token !== 'string' || !isToken(token)) {
    return undefined;
  }
  const atMs = Date.parse(timestamp);
  return {
    platform,
    token,
    ...(typeof id === 'string' && id !== '' && id.length <= pushTokenLengthMax && { deviceId: id }),
    seenAtMs: Math.floor(atMs / dayMs) * dayMs,
    ...(type === 'track' && event === 'Signed Out' && { deadAtMs: atMs }),
  };
};

const platformOf = (type: unknown): Device['platform'] | undefined => {
  const name = typeof type === 'string' ? type.toLowerCase() : '';
  return name === 'ios' || name === 'android' ? name : undefined;
};

const isToken = (token: string): boolean => token.length <= pushTokenLengthMax && /^[\w:.-]+$/.test(token);

/** The devices after these too; undefined while there is none. */
export const withDevices = (
  devices: readonly Device[] | undefined,
  added: readonly Device[],
): readonly Device[] | undefined => {
  const byToken = new Map<string, Device>();
  for (const device of [...(devices ?? []), ...added]) {
    const known = byToken.get(device.token);
    byToken.set(device.token, known === undefined ? device : later(known, device));
  }
  const newest = [...byToken.values()].sort(bySeen).slice(0, devicesCountMax);
  return newest.length === 0 ? undefined : newest;
};

const later = (a: Device, b: Device): Device => {
  const [newer, older] = bySeen(a, b) <= 0 ? [a, b] : [b, a];
  const deadAtMs = Math.max(a.deadAtMs ?? 0, b.deadAtMs ?? 0);
  const deviceId = newer.deviceId ?? older.deviceId;
  return {
    platform: newer.platform,
    token: newer.token,
    ...(deviceId !== undefined && { deviceId }),
    seenAtMs: newer.seenAtMs,
    ...(deadAtMs > 0 && { deadAtMs }),
  };
};

/** Newest first; ties by what they are, so that the order is one. */
const bySeen = (a: Device, b: Device): number =>
  b.seenAtMs - a.seenAtMs || textOrder(a.token, b.token) || textOrder(idOf(b), idOf(a));

const idOf = ({ deviceId, platform }: Device): string => `${deviceId ?? ''} ${platform}`;
const textOrder = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Where a push can go, the device seen last first. */
export const liveDevices = (profile: CustomerProfile | undefined): readonly Device[] => {
  const ids = new Set<string>();
  return (profile?.devices ?? []).filter(({ deviceId, seenAtMs, deadAtMs }) => {
    const isReplaced = deviceId !== undefined && ids.has(deviceId);
    if (deviceId !== undefined) {
      ids.add(deviceId);
    }
    return !isReplaced && seenAtMs > (deadAtMs ?? Number.NEGATIVE_INFINITY);
  });
};

/** The push service knows this token no more. */
export const withoutToken = (profile: CustomerProfile, token: string, atMs: number): CustomerProfile => ({
  ...profile,
  devices: (profile.devices ?? []).map((device) =>
    device.token === token ? { ...device, deadAtMs: Math.max(atMs, device.deadAtMs ?? 0) } : device,
  ),
});
