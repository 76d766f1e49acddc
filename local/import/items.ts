// Sends items to POST /v1/items/import as NDJSON, in files within its limits; a bad item stops with the API's answer.

import { itemsImportBytesMax, itemsImportCountMax } from '../../lib/base/limits.ts';

export interface AdminTarget {
  readonly apiUrl: string;
  readonly adminKey: string;
}

export const importItems = async (target: AdminTarget, items: Iterable<object>): Promise<number> => {
  let count = 0;
  for (const lines of files(items)) {
    const response = await fetch(`${target.apiUrl}/v1/items/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.adminKey}`, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    if (!response.ok) {
      const text = await response.text();
      throw new Error(
        `the catalogue did not take the items: status ${response.status}: ${text.slice(0, 1000)}`,
      );
    }
    count += lines.length;
  }
  return count;
};

/** Ids of every item in the catalogue. */
export const catalogueIds = async ({ apiUrl, adminKey }: AdminTarget): Promise<Set<string>> => {
  const ids = new Set<string>();
  let after: string | undefined;
  do {
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
    const response = await fetch(`${apiUrl}/v1/items${query}`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    if (!response.ok) {
      throw new Error(
        `the catalogue cannot be read: status ${response.status}: ${(await response.text()).slice(0, 300)}`,
      );
    }
    const page = (await response.json()) as {
      readonly items: readonly { readonly itemId: string }[];
      readonly next?: string;
    };
    for (const { itemId } of page.items) ids.add(itemId);
    after = page.next;
  } while (after !== undefined);
  return ids;
};

function* files(items: Iterable<object>): Generator<string[]> {
  let lines: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const line = JSON.stringify(item);
    const size = Buffer.byteLength(line) + 1;
    if (lines.length >= itemsImportCountMax || bytes + size > itemsImportBytesMax) {
      yield lines;
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += size;
  }
  if (lines.length > 0) yield lines;
}
