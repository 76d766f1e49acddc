// A catalogue item from outside: the JSON of PUT /v1/items/{itemId} and of one line of a bulk file.
// A full replacement: what is left out takes the default written beside it, never the former value.
// Fields that are not named here are refused; own fields go under `attributes`.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { itemId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax, itemBytesMax } from '../base/limits.ts';
import type { JsonObject } from './event.ts';
import type { CatalogItem, RepurchaseRule } from './item.ts';

/** The item of a PUT: the id stands in the path; in the body it may be repeated, but not differ. */
export const parseItem = (pathItemId: string, body: unknown, nowMs: number): CatalogItem => {
  const withId = isObject(body) && !('itemId' in body) ? { ...body, itemId: pathItemId } : body;
  const item = toItem(parseInput(itemSchema, withId, 'item'), nowMs);
  if (item.itemId === pathItemId) return item;
  throw new Failure('invalid', {
    code: 'item-id-differs',
    message: `The body names item "${item.itemId}" and the path names "${pathItemId}".`,
    received: item.itemId,
    action: 'Leave itemId out of the body, or make both the same.',
  });
};

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (lengthMax: number) => z.string().trim().min(1, 'Must not be empty').max(lengthMax);
/** As in events (check-properties.ts): an id that no event could name would never be bought. */
const id = text(idLengthMax).regex(/^\P{Cc}*$/u, 'Must have no control characters');
const days = z.int('Write a whole number of days').min(1).max(36_500);

const ruleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('once') }),
  z.strictObject({ kind: z.literal('renews'), days }),
  z.strictObject({ kind: z.literal('expires'), days }),
  z.strictObject({ kind: z.literal('consumable') }),
]);

/** "renews:30" and {"kind": "renews", "days": 30} say the same; the short form serves CSV. */
const shortRule = (value: unknown): unknown => {
  const short =
    typeof value === 'string' ? /^(once|consumable|(renews|expires):(\d+))$/.exec(value.trim()) : null;
  if (!short) return value;
  return short[2] === undefined ? { kind: short[1] } : { kind: short[2], days: Number(short[3]) };
};

const repurchase = z
  .unknown()
  .transform(shortRule)
  .pipe(
    z.custom<RepurchaseRule>((value) => ruleSchema.safeParse(value).success, {
      error: 'Write once, consumable, renews:<days> or expires:<days>, such as renews:30',
    }),
  );

const isoPattern = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

const instant = z
  .string()
  .trim()
  .refine((value) => isoPattern.test(value) && isRealDate(value), {
    error: 'Write an ISO 8601 date or an instant with its zone, such as 2026-03-01 or 2026-03-01T08:00:00Z',
  })
  .transform((value) => new Date(value).toISOString());

/** Date.parse takes 2026-02-30 for March 2; a day that is not in the calendar is refused here. */
const isRealDate = (value: string): boolean => {
  const [year, month, day] = value.slice(0, 10).split('-').map(Number);
  const calendar = new Date(Date.UTC(year, month - 1, day));
  return (
    calendar.getUTCMonth() === month - 1 && calendar.getUTCDate() === day && !Number.isNaN(Date.parse(value))
  );
};

const language = z
  .string()
  .trim()
  .refine((value) => canonicalLanguage(value) !== undefined, {
    error: 'Write a BCP 47 tag such as en or zh-CN',
  })
  .transform((value) => canonicalLanguage(value) ?? value);

const canonicalLanguage = (value: string): string | undefined => {
  try {
    return Intl.getCanonicalLocales(value)[0];
  } catch {
    return undefined;
  }
};

/** Own fields: any JSON, as it came. */
const attributes = z.custom<JsonObject>(isObject, 'Write a JSON object of your own fields');

export const itemSchema = z
  .strictObject({
    itemId: id,
    title: text(500),
    /** Default "item". */
    kind: text(64).default('item'),
    /** From broad to narrow. Default none. */
    category: z.array(text(128)).max(10).default([]),
    /** Default none. */
    tags: z.array(text(128)).max(50).default([]),
    description: text(4_000).optional(),
    level: text(64).optional(),
    series: z.strictObject({ id, position: z.number().min(0) }).optional(),
    author: text(256).optional(),
    language: language.optional(),
    price: z.number().min(0).max(1e12).optional(),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'Write an ISO 4217 code such as CNY')
      .optional(),
    publishedAt: instant.optional(),
    /** Default "once". */
    repurchase: repurchase.optional(),
    /** Default none. */
    attributes: attributes.default({}),
    /** Hidden items are kept and never recommended. Default false. */
    hidden: z.boolean().default(false),
  })
  .refine((item) => item.price === undefined || item.currency !== undefined, {
    path: ['currency'],
    error: 'A price needs its currency; add an ISO 4217 code such as CNY',
  })
  .refine((item) => Buffer.byteLength(JSON.stringify(item)) <= itemBytesMax, {
    error: `The item is larger than ${itemBytesMax} bytes as JSON; shorten description or attributes`,
  });

/** `createdAt` is now as well: the store keeps the former one of an item that it has already. */
export const toItem = (input: z.infer<typeof itemSchema>, nowMs: number): CatalogItem => {
  const at = new Date(nowMs).toISOString();
  return {
    ...input,
    itemId: itemId(input.itemId),
    repurchase: input.repurchase ?? { kind: 'once' },
    updatedAt: at,
    createdAt: at,
  };
};
