// What every format has in common: it reads a file once, in order, and gives Segment messages; what it cannot read
// it rejects by line with a reason. The same file and options give the same messages in the same order with the same
// ids: so an import can be resumed by skipping, and repeated without harm.

export interface ImportMessage {
  readonly type: string;
  readonly messageId?: string;
  readonly userId?: string;
  readonly event?: string;
  readonly timestamp?: string;
  readonly properties?: { readonly [name: string]: unknown };
  readonly traits?: { readonly [name: string]: unknown };
}

/** An item for POST /v1/items/import. */
export interface ImportItem {
  readonly itemId: string;
  readonly title: string;
  readonly kind?: string;
  readonly language?: string;
  readonly price?: number;
  readonly currency?: string;
  /** ISO 8601; when the file first has it. */
  readonly publishedAt?: string;
  readonly repurchase?: { readonly kind: 'once' | 'consumable' };
  readonly hidden?: boolean;
}

export interface FormatOptions {
  /** Pattern of contact addresses, `{id}` being the customer's id; absent: identify without address. */
  readonly contact?: string;
  /** Zone of times that state none; IANA name. */
  readonly timeZone: string;
  /** Added to every time. */
  readonly shiftMs: number;
  /** What happened earlier than this, after the shift, is left out. Default: nothing is. */
  readonly sinceMs?: number;
  /** What happened at this time or later, after the shift, is left out. Default: nothing is. */
  readonly untilMs?: number;
  /** Event names for a format's own event types: `watch` → `Content Started`. */
  readonly eventNames: ReadonlyMap<string, string>;
}

/** Counted while reading. */
export interface Report {
  /** Data lines read, headers not counted. */
  lines: number;
  orders: number;
  refunds: number;
  /** Lines left out on purpose, because they are not of the period asked for. */
  readonly leftOut: { earlier: number; later: number };
  readonly customers: Set<string>;
  readonly items: Map<string, ImportItem>;
  readonly reject: (line: number, reason: string, received: string) => void;
}

export interface Format {
  readonly name: string;
  /** Zone of times that state none, when the format knows it; else UTC. */
  readonly timeZone?: string;
  /** Items come with title and price, and are sent to the catalogue before the events. */
  readonly hasCatalogue: boolean;
  read(path: string, options: FormatOptions, report: Report): AsyncIterable<ImportMessage>;
}

export type Period = 'earlier' | 'within' | 'later';

/** Where a line's own time stands; one outside the period is counted as left out. */
export const periodOf = (
  atMs: number,
  { shiftMs, sinceMs, untilMs }: FormatOptions,
  report: Report,
): Period => {
  const shiftedMs = atMs + shiftMs;
  const period =
    untilMs !== undefined && shiftedMs >= untilMs
      ? 'later'
      : sinceMs !== undefined && shiftedMs < sinceMs
        ? 'earlier'
        : 'within';
  if (period !== 'within') report.leftOut[period]++;
  return period;
};

export const contactOf = (options: FormatOptions, customerId: string): { readonly email?: string } =>
  options.contact === undefined ? {} : { email: options.contact.replaceAll('{id}', customerId) };

export const isoAt = (ms: number): string => new Date(ms).toISOString();
