// Every maximum, with its reason. Related limits are asserted beside each other.
// Units come last in the name: Bytes, Ms, S, Count.

/** Segment's HTTP tracking API: 500 KB a request. Measured after decompression. */
export const requestBytesMax = 500 * 1024;
/** Segment's HTTP tracking API: 32 KB an event. */
export const eventBytesMax = 32 * 1024;
/** Segment's HTTP tracking API: 2,500 events a batch. */
export const batchEventsCountMax = 2_500;
/** A gzip body may grow by this much and no more; stops decompression bombs early. */
export const compressedBodyBytesMax = requestBytesMax;
/** Room for one SQS message of events. SQS takes 1 MiB; 240 KB keeps one archive invocation small. */
export const queueMessageBytesMax = 240 * 1024;
/** Events dated later than this after receipt are refused: a wrong clock, not a fast one. */
export const futureToleranceMs = 60 * 60 * 1000;
/** Nothing was sold online before; older timestamps are a unit mistake (seconds for milliseconds). */
export const earliestEventMs = Date.UTC(1990, 0, 1);
/** Ids are partition keys (DynamoDB: 2,048 bytes); 256 characters leave room for prefixes. */
export const idLengthMax = 256;
/** Fresh events kept per customer; a fold-in gains nothing from more, and the item stays under 400 KB. */
export const freshEventsCountMax = 100;
/** Orders kept in a customer's fresh state: 400 × about 90 bytes = 36 KB of DynamoDB's 400 KB. */
export const freshOrdersCountMax = 400;
/** Owned items kept in a customer's fresh state: 4,000 × about 60 bytes = 240 KB of DynamoDB's 400 KB. */
export const ownedItemsCountMax = 4_000;
/** Items in one published list: what a page, a mail and the filters on both can use up. */
export const publishedListCountMax = 100;
/** Recommendations in one answer. */
export const recommendationsCountMax = 100;
/** Items taken in one bulk request; a larger file is sent in several. */
export const itemsImportCountMax = 10_000;
/** Body of one bulk import: Lambda takes 6 MB a request, and base64 makes 4 MB of it 5.6. */
export const itemsImportBytesMax = 4 * 1000 * 1000;
/** One catalogue item as JSON; a page of the largest must fit Lambda's answer of 6 MB. */
export const itemBytesMax = 16 * 1024;
/** Items in one page of GET /v1/items. */
export const itemsPageCountMax = 200;
/** New items considered for their chance at once; older ones come in with the next training. */
export const createdItemsCountMax = 200;
/** How far back new and withdrawn items are looked for, a partition a month; a model is never that old. */
export const catalogMonthsCountMax = 13;
/** Items of the exploration pool; a larger pool gives each of its items no measurable chance. */
export const explorationPoolCountMax = 200;
/** Recent items of a customer that reasons and next-in-series are looked up for. */
export const reasonItemsCountMax = 20;
/** Keys a function remembers; more than this many apps never call one sandbox within cacheMs. */
export const cachedKeysCountMax = 1_000;
/** Model versions listed with their metrics in one answer, newest first. */
export const modelVersionsCountMax = 50;
/** Customers in one batch of a campaign: one Lambda invocation of well under its time limit. */
export const deliveryBatchCustomersCountMax = 200;
/** Batches of one campaign delivered at once (the state machine's map); the mail rate is shared among them. */
export const deliveryBatchesConcurrencyMax = 10;
/** Deliveries of one batch under way at once: enough to hide the latency of SES, few enough to stop quickly. */
export const deliveriesConcurrencyMax = 10;
/** Deliveries between two looks at the campaign's status: a pause or cancellation takes effect after this many. */
export const deliveryChunkCustomersCountMax = 25;
/** An attempt to send is over after this: longer than any SES call with its time limit, and than Lambda's 300 s. */
export const sendingAttemptMs = 6 * 60 * 1000;
/** After SES throttled or a part failed, this long passes before the next attempt. */
export const deliveryRetryMs = 60 * 1000;
/** Caps look back at most this many days: one counter a day is read for each. */
export const capDaysMax = 92;
/** Liquid source of one part of a template; SES takes 10 MB a mail, readers clip mails over 102 KB. */
export const templateLengthMax = 100_000;
/** Rendering one part; a template that loops for ever stops here. */
export const templateRenderMs = 1_000;
/** How long a function trusts a cached pointer, key or campaign list. */
export const cacheMs = 15_000;

const dynamoItemBytesMax = 400 * 1024;
if (freshOrdersCountMax * 90 + ownedItemsCountMax * 60 + freshEventsCountMax * 200 > dynamoItemBytesMax) {
  throw new Error('limits: a customer at every maximum would not fit one DynamoDB item');
}
if (itemsPageCountMax * itemBytesMax > 6_000_000) {
  throw new Error('limits: a page of the largest items would not fit one Lambda answer');
}
if (eventBytesMax * 2 > queueMessageBytesMax) {
  throw new Error('limits: a queue message must hold at least one event and its envelope');
}
