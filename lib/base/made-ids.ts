// Ids that are made here and read by people: in lists, keys and names of executions (at most 80 characters there).
// Bytes are random, so that nobody's id is taken.

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** `welcome-back-3f09ac1e`; `kind` where the name has no letter or digit of ASCII. */
export const namedId = (name: string, kind: string, bytes: Uint8Array): string => {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${words || kind}-${hex(bytes)}`;
};

/** `training-20261124T003004-3f09ac1e`, of an ISO instant. */
export const datedId = (kind: string, instant: string, bytes: Uint8Array): string =>
  `${kind}-${instant.slice(0, 19).replaceAll(/[-:]/g, '')}-${hex(bytes)}`;
