// ObjectStore in memory. `objects` is open to look into; bytes are copied in and out as over a wire.

import type { ObjectStore } from '../../lib/ports.ts';

export interface FakeObjectStore extends ObjectStore {
  readonly objects: Map<string, { readonly bytes: Uint8Array; readonly contentType: string }>;
}

export const createFakeObjectStore = (): FakeObjectStore => {
  const objects = new Map<string, { readonly bytes: Uint8Array; readonly contentType: string }>();
  return {
    objects,
    get: async (key) => {
      const found = objects.get(key);
      return found === undefined ? undefined : Uint8Array.from(found.bytes);
    },
    put: async (key, bytes, contentType) => {
      objects.set(key, { bytes: Uint8Array.from(bytes), contentType });
    },
    list: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { bytes }]) => ({ key, sizeBytes: bytes.length })),
  };
};
