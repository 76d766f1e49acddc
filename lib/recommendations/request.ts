// What a caller asks for, checked: query parameters of GET /v1/users/{userId}/recommendations and …/similar.
// Nothing is silently corrected: a parameter that is unknown or out of bounds is named in a Failure('invalid').

import { z } from 'zod';
import { type CustomerId, customerId, type ItemId, itemId } from '../base/ids.ts';
import { parseInput, placementName, wholeNumber } from '../base/input.ts';
import { excludedItemsCountMax, idLengthMax, recommendationsCountMax } from '../base/limits.ts';

export interface RecommendationRequest {
  readonly userId: CustomerId;
  readonly limit: number;
  /** Where it will be shown: "home", "mail". Logged with every impression. */
  readonly placement: string;
  /** Only items of this kind. */
  readonly kind?: string;
  /** Only items with this name anywhere in their category path. */
  readonly category?: string;
  readonly tag?: string;
  readonly exclude: ReadonlySet<ItemId>;
  /** The item that is being looked at: similar ones come first. */
  readonly contextItem?: ItemId;
}

type Query = { readonly [name: string]: string | undefined };

const id = z
  .string()
  .min(1, 'Must not be empty')
  .max(idLengthMax, `Ids have at most ${idLengthMax} characters`);
const name = z.string().min(1, 'Must not be empty').max(128);
const limit = wholeNumber(1, recommendationsCountMax).default(10);

const recommendationSchema = z.strictObject({
  userId: id,
  limit,
  placement: placementName.default('default'),
  kind: name.optional(),
  category: name.optional(),
  tag: name.optional(),
  exclude: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(id).max(excludedItemsCountMax))
    .optional(),
  contextItem: id.optional(),
});

/** Query `limit` (default 10), `placement` (default "default"), `kind`, `category`, `tag`, `exclude` (a,b,c), `contextItem`. */
export const parseRecommendationRequest = (userId: string, query: Query): RecommendationRequest => {
  const asked = parseInput(recommendationSchema, { ...query, userId }, 'query');
  return {
    ...asked,
    userId: customerId(asked.userId),
    exclude: new Set((asked.exclude ?? []).map(itemId)),
    contextItem: asked.contextItem === undefined ? undefined : itemId(asked.contextItem),
  };
};

const similarSchema = z.strictObject({ itemId: id, limit });

export const parseSimilarRequest = (
  id: string,
  query: Query,
): { readonly itemId: ItemId; readonly limit: number } => {
  const asked = parseInput(similarSchema, { ...query, itemId: id }, 'query');
  return { itemId: itemId(asked.itemId), limit: asked.limit };
};
