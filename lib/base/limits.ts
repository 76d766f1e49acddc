// Every maximum, with its reason, but those of models and their training (model-limits.ts). Related limits are asserted
// beside each other.
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
/** Nesting of one event: real ones stay under ten; recursion over it stays far from the stack's end. */
export const jsonDepthMax = 64;
/** Events of one queue message after inflation: what one request can hold, its envelopes included. */
export const queueMessageInflatedBytesMax = 4 * requestBytesMax;
/** Entries of one SendMessageBatch (SQS: 10). */
export const queueBatchEntriesCountMax = 10;
/** Bodies of one SendMessageBatch (SQS: 1 MiB in all); the rest is room for attributes. */
export const queueBatchBytesMax = 1_000 * 1024;
/** Write keys remembered by one sandbox; unknown ones count too, so that guessing does not read the table. */
export const cachedKeysCountMax = 1_000;
/** Ids are partition keys (DynamoDB: 2,048 bytes); 256 characters leave room for prefixes. */
export const idLengthMax = 256;
/** Fresh events kept per customer; a fold-in gains nothing from more, and the item stays under 400 KB. */
export const freshEventsCountMax = 100;
/** Orders kept in a customer's fresh state: 400 × about 90 bytes = 36 KB of DynamoDB's 400 KB. */
export const freshOrdersCountMax = 400;
/** Owned items kept in a customer's fresh state: 4,000 × about 60 bytes = 240 KB of DynamoDB's 400 KB. */
export const ownedItemsCountMax = 4_000;
/** Placements with re-ranking of their own: the settings are one environment variable, and Lambda has 4 KB for all. */
export const placementsCountMax = 10;
/** Rules by attribute: each is asked of every item looked at, and the settings are one environment variable. */
export const eligibilityRulesCountMax = 10;
/** Hosts of a shop, its countries' and its app's among them; the settings are one environment variable. */
export const shopHostsCountMax = 20;
/** Items in one published list: what a page, a mail and the filters on both can use up. */
export const publishedListCountMax = 100;
/** Recommendations in one answer. */
export const recommendationsCountMax = 100;
/** Items taken in one bulk request; a larger file is sent in several. */
export const itemsImportCountMax = 10_000;
/** Problems named in the answer to a bulk file; ten thousand bad lines would exceed Lambda's 6 MB of answer. */
export const itemsImportProblemsCountMax = 1_000;
/** Body of one bulk import: Lambda takes 6 MB a request, and base64 makes 4 MB of it 5.6. */
export const itemsImportBytesMax = 4 * 1000 * 1000;
/** Rows of one list of suppressions, each an event in the queue: all are sent within one request. */
export const suppressionsImportCountMax = 10_000;
/** Why the owner stopped a channel: it goes into the profile, where 400 KB hold all. */
export const suppressionNoteLengthMax = 500;
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
/** Recent items of a customer whose neighbours are looked up while answering; older taste is in the list. */
export const neighbourItemsCountMax = 20;
/** Of the next ranked items that are explored, too: beyond, each would be shown too seldom to be judged. */
export const explorationDepthMax = 100;
/** Items left out of an answer that its event names: 100 ids of usual length are 4 KB of the event's 32. */
export const loggedExclusionsCountMax = 100;
/** Items that one request may exclude: what a page can show, several times over. */
export const excludedItemsCountMax = 500;
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
/** Random bytes by which an attempt knows its own step again: two of a delivery never draw the same. */
export const attemptMarkBytes = 8;
/** With less time than this left, a batch starts no further chunk: 25 mails at one a second and the last writes. */
export const deliveryStopMs = 45 * 1000;
/** Of fewer active customers read together no hour is made the others': one who is up at night would set it. */
export const activityCustomersCountMin = 10;
/** After SES throttled or a part failed, this long passes before the next attempt. */
export const deliveryRetryMs = 60 * 1000;
/** Tries to write a profile that others write too; more than this many writers at once means something loops. */
export const profileWriteAttemptsCountMax = 8;
/** Caps look back at most this many days: one counter a day is read for each. */
export const capDaysMax = 92;
/** Around midnight (UTC) a delivery may still be written under the day before: a function's 300 s and clocks that differ. */
export const capBoundaryMs = 10 * 60 * 1000;
/** A message waits no further than this before its last moment: the run that sends it may wake up late. */
export const deferralMarginMs = 15 * 60 * 1000;
/** A message that missed its hour by more than this (a pause) waits for the next one; an audience's sends take a while. */
export const sendTimeGraceMs = 3 * 60 * 60 * 1000;
/** A message waits at most this long, from its assignment, for campaigns of higher priority. */
export const yieldMsMax = 12 * 60 * 60 * 1000;
/** After the time at which one of them writes, so long is left to it. */
export const yieldAfterMs = 10 * 60 * 1000;
/** While it is at it, the waiting looks again after at least and at most this; in between after a quarter of its wait. */
export const yieldCheckMsMin = 5 * 60 * 1000;
export const yieldCheckMsMax = 2 * 60 * 60 * 1000;
/** How long the list of those campaigns is kept: as long as some hundred messages take. */
export const yieldCacheMs = 60 * 1000;
/** Places of a day's allowance that one batch leases at a time: 10 batches then write its row once a second at 250 mails a second. */
export const allowanceBlockMax = 25;
/** Caps of a workspace or of a campaign: a day, a week and a month, of all and of each channel. */
export const capsCountMax = 15;
/** Liquid source of one part of a template; SES takes 10 MB a mail, readers clip mails over 102 KB. */
export const templateLengthMax = 100_000;
/** HTML from which Gmail cuts a mail off and hides the rest behind a link. */
export const gmailClipBytes = 102 * 1024;
/** Characters of a subject that lists of mails on a desktop show. */
export const subjectShownLength = 70;
/** Customers of one preview: their mails in both languages stay well within Lambda's answer of 6 MB. */
export const previewCustomersCountMax = 10;
/** Test mails an hour over all campaigns: enough to try things out, too few to mail customers with. */
export const testSendsPerHourMax = 60;
/** MJML of one mail: it grows three- to fivefold as HTML, and readers clip that at 102 KB. */
export const mjmlLengthMax = 50_000;
/** Rendering one part; a template that loops for ever stops here. */
export const templateRenderMs = 1_000;
/** Segments of one SMS, each charged: with its address a text of two sentences; SNS ends at 1,600 characters. */
export const smsSegmentsCountMax = 5;
/** Phones cut a push's title after a line and its body after some four; APNs and FCM take 4,096 bytes in all. */
export const pushTitleLengthMax = 100;
export const pushBodyLengthMax = 300;
/** A card in an app: a line and a paragraph. */
export const inAppTitleLengthMax = 150;
export const inAppBodyLengthMax = 1_000;
/** Name of a campaign or variant: shown in lists and used in tags of mails (SES: 256 characters a tag). */
export const campaignNameLengthMax = 100;
/** Summaries of campaigns in one answer: about 500 bytes each, some screens of a list. */
export const campaignsPageCountMax = 200;
/** Arms of one test: with more, an audience of usual size can tell none of them apart. */
export const variantsCountMax = 10;
/** Arms of an experiment, as of a campaign: with more, none gets enough customers to be told apart. */
export const experimentVariantsCountMax = variantsCountMax;
/** Longest an experiment takes customers in: the archive is read from its start at each analysis. */
export const experimentDaysMax = 180;
/** From an experiment's start here to the end of its last window: what one execution of its workflow lasts. */
export const experimentDaysTotalMax = 350;
/** A campaign as stored, templates and all; DynamoDB's item holds 400 KB. */
export const campaignBytesMax = 350 * 1024;
/** Interim looks of one run; each may stop for harm, and the chance of a false stop grows with them. */
export const looksCountMax = 30;
/** Days after an assignment in which an order still counts; a year covers every renewal period in use. */
export const windowDaysMax = 365;
/** Random bits of a personal code: 2^40 possible ones; a guess among a million live codes hits once in a million. */
export const couponCodeBitsMin = 40;
/** Characters of a code: what people still type, and a partition key of DynamoDB holds. */
export const couponCodeLengthMax = 40;
/** Coupons on one order: they stand in one row of DynamoDB with what each takes off each item. */
export const couponsPerOrderCountMax = 5;
/** Lines of an order that a coupon looks at: each is looked up in the catalogue. */
export const couponLinesCountMax = 100;
/** How long a checkout may reserve a coupon: a stuck one must not keep it from others for long. */
export const couponHoldMsMax = 2 * 60 * 60 * 1000;
/** Tries of one step of a coupon that many take at once: with pauses up to 250 ms, half of what its function has. */
export const couponAttemptsCountMax = 50;
/** Reservations that ended and are counted out at a time: before a coupon is refused, and beside each new one. */
export const sweptHoldsCountMax = 25;
export const sweptHoldsBesideCountMax = 2;
/** Coupons of one customer in one list: one page of DynamoDB, and more than an app can show. */
export const liveCouponsCountMax = 100;
/** Items, categories or kinds that an offer names: they are copied into each of its coupons. */
export const offerItemsCountMax = 100;
/** Items that a coupon excepts by name because they do not suit its customer: 6 KB beside what the offer itself names. */
export const offerExceptionsCountMax = 200;
/** Days of a free trial; longer ones are a gift. */
export const trialDaysMax = 90;
/** Trials of one customer that are kept, those that end last: more at once is no trial but a library. */
export const trialsCountMax = 30;
/** Of them as stored: thirty ids of usual length; very long ids make it fewer. */
export const trialsBytesMax = 8 * 1024;
/** Rewards for one customer who brings friends: more is a business of its own, and a target for fraud. */
export const referralRewardsCountMax = 100;
/** Largest share kept untreated; with more, the campaign is smaller than its own control. */
export const holdoutShareMax = 0.5;
/** Recommended items inside one mail; more than a screenful is not read. */
export const mailRecommendationsCountMax = 20;
/** Items that a message is about; the rest of a large cart is not read in a mail. */
export const focusItemsCountMax = 5;
/** What was put into a cart, viewed or completed longer ago than this is no longer what the customer has in mind. */
export const focusDaysMax = 30;
/** Comparisons in one audience: evaluated for every customer at every freeze. */
export const conditionsCountMax = 100;
/** Nesting of an audience; the web form goes three deep, and evaluation recurses. */
export const conditionDepthMax = 10;
/** Batches whose progress one answer about a run's problems reads: one after the other, 20 ms each, of API Gateway's 30 s. */
export const problemBatchesCountMax = 500;
/** Width of a return's interval in units of what was spent: wider, it is the noise of orders divided by next to nothing. */
export const returnIntervalMax = 100;
/** Runs of one campaign that an answer about one customer looks at, newest first: a month of a daily campaign. */
export const customerRunsCountMax = 31;
/** Deliveries that such an answer looks up before its page ends: 50 at a time, 5 ms each, of API Gateway's 30 s. */
export const customerLookupsCountMax = 500;
/** Customers in such an answer, and one batch more: about 150 bytes each of Lambda's 6 MB. */
export const problemCustomersCountMax = 1_000;
/** Customers looked at for the estimate of a preview: what one API call can read within its time. */
export const audienceEstimateCustomersCountMax = 5_000;
/** Repetitions of a run's deliveries without a single one getting through; then the run goes on with what it has. */
export const deliveryAttemptsCountMax = 50;
/** Waits between them double up to this: with 50 attempts two days, longer than SES's daily quota lasts. */
export const deliveryRetryMsMax = 60 * 60 * 1000;
/** Assigned events in one archive object: 6 MB before compression. */
export const assignedEventsCountMax = 10_000;
/** Objects of a run read or written at once. */
export const campaignObjectsConcurrencyMax = 16;
/** A paused run looks again after at least and at most this; in between after a quarter of the pause so far. */
export const pauseCheckMsMin = 5 * 60 * 1000;
export const pauseCheckMsMax = 2 * 60 * 60 * 1000;
/** SQS delays a message by 15 minutes at most; what waits longer is put back again and again. */
export const triggerDelaySMax = 900;
/** Days after an expiry on which it can be addressed; later it is a win-back. */
export const expiryAfterDaysMax = 90;
/** An expiry whose day passed while its campaign was paused is addressed up to so many days late. */
export const expiryLateDaysMax = 7;
/** Complaints over mails sent: SES reviews an account above 0.1%; a campaign clearly above that is stopped first. */
export const complaintShareMax = 0.001;
/** Unsubscribes over mails sent: what one mail in fifty costs in reach, no campaign brings back. */
export const unsubscribeShareMax = 0.02;
/** Least weight of an arm under a bandit: in a batch of 1,000 customers it still gets 10, so its outcomes go on being known. */
export const allocationFloorMin = 0.01;
/** Batches of a bandit: each begins with an analysis of all outcomes so far. */
export const allocationBatchesCountMax = 100;
/** Customers in an arm below which no estimate is given: its interval would be wider than any effect of a mail. */
export const estimateCustomersCountMin = 50;
/** Buyers in an arm below which revenue is not compared: a mean over so few rests on single orders. */
export const revenueBuyersCountMin = 10;
/** Customers who redeemed, below which nothing is said about whom the discounts went to. */
export const redeemersCountMin = 10;
/** Parts by week of assignment in a result, which must fit a DynamoDB item with ten arms; more weeks are put together. */
export const weekPartsCountMax = 26;
/** Results of a campaign answered at once, the newest ones: so many of the largest there are fit a Lambda answer of 6 MB. */
export const resultsShownMax = 20;
/** Metrics of one role: with a primary one, two roles, what always is measured and covariates they fit the joint sums. */
export const metricsCountMax = 10;
/** Columns of joint sums, metrics and covariates together: 465 products a customer, and systems of size 30 to solve. */
export const jointColumnsCountMax = 30;
/** Exposures of one customer in one day beyond which it is a program: a page every two minutes, twelve hours long. */
export const personExposuresADayMax = 360;
/** So many exposures without any other event of that customer look like a program's; fewer are a visitor who left. */
export const silentExposuresCountMin = 30;
/** Share of such customers in an arm beyond which the result is read with care. */
export const silentShareMax = 0.01;
/** Share of programs left out beyond which who is counted depends on the rule that leaves them out. */
export const programShareMax = 0.01;
/** Days between two looks at an experiment: the week is the shop's period, and each look has a whole one more. */
export const experimentLookDays = 7;
/** Share of customers reported in another arm than the other system's hash gives: ids merged later explain no more. */
export const foreignMismatchShareMax = 0.01;
/** Share of customers met by another arm than theirs, beyond which the effect is visibly watered down. */
export const crossoverShareMax = 0.01;
/** Standardised difference of a covariate beyond which arms are called unlike (Austin, Statistics in Medicine 28, 2009). */
export const standardisedDifferenceMax = 0.1;
/** How far before an assignment orders are read: half a year tells regular customers from others, at one pass more. */
export const historyDays = 180;
/** Joint test of all covariates: at p below this the arms are no random parts of one audience. */
export const balanceAlarm = 0.001;
/** Events this old are no news to any shop: a day without one, unless its own gaps are longer. */
export const dataAgeMsMax = 24 * 60 * 60 * 1000;
/** So many of the shop's usual gaps without an event are a stop of the feed and not a quiet time. */
export const dataGapsCountMax = 10;
/** New information, as a share of the plan, below which a look is left out: twenty looks in all at the most. */
export const lookFractionMin = 0.05;
/** Beyond it a spending function is a step: all error at the first look (above) or at the last (below). */
export const gammaSpendingMax = 40;
/** Customers, and buyers among those whose window is open, for whom a confidence sequence is narrowest. */
export const watchedCustomersCount = 5_000;
export const watchedBuyersCount = 500;
/** A test that finds the effect looked for in fewer than half of all cases would rather miss it than find it. */
export const hopelessPower = 0.5;
/** Relative effect that a finished test should have been able to find, where its plan names none: a tenth. */
export const relevantLift = 0.1;
/** A test is refused when it would not even find half as many again: more than messages are known to do. */
export const hopelessLift = 0.5;
/** Days of the past from which it is seen how many customers join a day: four weeks, so that each weekday counts alike. */
export const arrivalDays = 28;
/** Visitors of an experiment are counted over its length, at most a quarter of a year: records hold what is fresh. */
export const visitorDaysMax = 90;
/** What a test is planned to have (Cohen 1988), unless stated. */
export const plannedPower = 0.8;
/** Days to gather customers for one test: beyond a half-year the shop is another one. */
export const gatheringDaysMax = 180;
/** Runs shown one by one in a report, the newest; all of them are in its totals. 20 KB each fit Lambda's 6 MB. */
export const reportRunsCountMax = 30;
/** Archive objects copied at once by an analysis: 64 of at most a few MB leave the disk to DuckDB. */
export const archiveObjectsConcurrencyMax = 64;
/** Days of the archive listed one by one; of more, all its keys are listed at once, a thousand an answer. */
export const archiveListedDaysMax = 1_000;
/** How long after a look is due it is made: orders of the last minutes are still on their way to the archive. */
export const outcomeDelayMs = 15 * 60 * 1000;
/** Of a user agent kept with a click; browsers' are about 120 characters, and what tells scanners stands in front. */
export const userAgentLengthMax = 300;
/** A click so soon after the receiver's server took the mail is a scanner's: nobody sees, opens and reads in this time. */
export const scannerClickMs = 5_000;
/** Two different links of one mail within this time are followed by a program; a hand needs longer to come back. */
export const scannerBurstMs = 2_000;
/** Clicks of the same program from the same network as a scanner's belong to its visit for so long. */
export const scannerVisitMs = 10 * 60 * 1000;
/** Refunds of one order that events tell one by one; an order has some lines, and each is refunded once. */
export const refundsToldCountMax = 200;
/** How long a function trusts a cached pointer, key or campaign list. */
export const cacheMs = 15_000;

/** Bytes of a customer's fresh events, order lines and owned items as stored; long ids use them up before the counts. */
export const freshEventsBytesMax = 50 * 1024;
export const freshOrdersBytesMax = 60 * 1024;
export const ownedItemsBytesMax = 270 * 1024;
/** Traits kept in a profile; the archive has all of them. Contact traits are the last to go. */
export const traitsCountMax = 200;
/** Devices of one customer that are kept: a phone, a tablet and what they had before. */
export const devicesCountMax = 10;
/** Push tokens: APNs gives 64 to 200 characters, FCM about 160; more is no token. */
export const pushTokenLengthMax = 512;
/** Messages by which a customer's response to channels is judged; older habits count no more. */
export const channelMessagesCountMax = 20;
/** Clicks kept of each, the latest: two give a scanner's burst away, the others are left for a person's. */
export const channelClicksCountMax = 5;
/** An order this long after a message, with no other message in between, counts as a response to it. */
export const channelResponseDays = 7;
/** Messages of an average customer that the prior of a channel is worth: one click must not decide for ever. */
export const channelPriorMessagesCount = 20;
/** Responses among them: one in twenty, between the usual click rate of mail and that of an SMS. */
export const channelPriorResponsesCount = 1;
/** SNS: characters of all parts of one SMS together. */
export const smsLengthMax = 1_600;
/** APNs and FCM: bytes of one payload. */
export const pushPayloadBytesMax = 4_096;
/** In-app offers in one answer: more than a screen of an app shows. */
export const inboxOffersCountMax = 50;
/** Places in a channel's rate taken at once, a tenth of a second's at most; and how late one may be used. */
export const turnBlockMax = 25;
export const turnLatenessMs = 250;
/** Waiting for a place in a channel's rate; over this the delivery is put off, so that no function ends while it waits. */
export const turnWaitMsMax = 15 * 1000;
/** Tries after a service refused for its rate, and the longest pause between them: some ten seconds in all. */
export const throttleTriesCountMax = 6;
export const throttleWaitMsMax = 4_000;
/** How long the account's quota is taken as it was read: other senders of the account use it up meanwhile. */
export const quotaCacheMs = 60 * 1000;
/** SES counts any 24 hours, so that room comes back by the hour. */
export const quotaRetryMs = 60 * 60 * 1000;
/** A trait with a longer value stays in the archive only: conditions compare words and numbers, not documents. */
export const traitValueBytesMax = 1_024;
export const traitNameBytesMax = 128;
/** Tries of one optimistic write before the event goes back to the queue. */
export const storeAttemptsMax = 8;
/** Requests to the customers table at a time: enough to hide latency, few enough for two cores. */
export const storeConcurrencyMax = 32;
/** Bytes above which an object is uploaded in parts, and the size of a part (S3: at least 5 MiB). */
export const objectPartBytes = 8 * 1024 * 1024;
/** Archived objects one training reads, gzip; beside DuckDB's spill they fit the function's disk of 4 GiB. */
export const datasetArchiveBytesMax = 768 * 1024 ** 2;
/** DuckDB's share of memory in the dataset step; what exceeds it goes to disk. */
export const analyticsMemoryBytesMax = 768 * 1024 ** 2;
/** What DuckDB puts on disk beyond its memory; with the copies it fits the function's disk of 4 GiB. */
export const analyticsSpillBytesMax = 3 * 1024 ** 3;
/** Rows of a part of a day's extract, one group of rows of DuckDB's; bytes of extracts fetched at once; rows joined at once. */
export const extractRowsCountMax = 122_880;
export const extractFetchesBytesMax = 32 * 1024 ** 2;
export const partRowsCountMax = 1_500_000;
/** Objects fetched at once: bounds memory and connections. */
export const analyticsFetchesCountMax = 16;

if ((pushTitleLengthMax + pushBodyLengthMax) * 4 > 4_096 / 2) {
  throw new Error('limits: a push of four-byte characters and its data must fit 4,096 bytes');
}
const dynamoItemBytesMax = 400 * 1024;
if (
  2 * turnWaitMsMax >= deliveryStopMs ||
  throttleTriesCountMax * throttleWaitMsMax >= sendingAttemptMs / 4
) {
  throw new Error('limits: waiting for a rate must end before a batch stops, and an attempt to send is over');
}
const channelMessageBytes = 160 + channelClicksCountMax * 50;
if (
  devicesCountMax * (2 * pushTokenLengthMax + 100) + channelMessagesCountMax * channelMessageBytes >
  20 * 1024
) {
  throw new Error('limits: devices and messages must stay small beside the traits of a profile');
}
if (freshOrdersCountMax * 90 + ownedItemsCountMax * 60 + freshEventsCountMax * 200 > dynamoItemBytesMax) {
  throw new Error('limits: a customer at every maximum would not fit one DynamoDB item');
}
if (itemsPageCountMax * itemBytesMax > 6_000_000) {
  throw new Error('limits: a page of the largest items would not fit one Lambda answer');
}
if (campaignBytesMax > dynamoItemBytesMax) {
  throw new Error('limits: the largest campaign would not fit one DynamoDB item');
}
if (eventBytesMax * 2 > queueMessageBytesMax) {
  throw new Error('limits: a queue message must hold at least one event and its envelope');
}
if (
  freshEventsBytesMax + freshOrdersBytesMax + ownedItemsBytesMax + trialsBytesMax >
  dynamoItemBytesMax - 8 * 1024
) {
  throw new Error('limits: a customer at every maximum of bytes would not fit one DynamoDB item');
}
if (traitsCountMax * (traitValueBytesMax + 2 * traitNameBytesMax + 32) > dynamoItemBytesMax) {
  throw new Error('limits: a profile at every maximum would not fit one DynamoDB item');
}
if (queueMessageBytesMax * 4 > queueBatchBytesMax) {
  throw new Error('limits: four queue messages must fit one SendMessageBatch');
}
