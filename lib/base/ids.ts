// Branded identifiers: a customer id cannot be passed where an item id is meant.
// Limits: ids are 1 to 256 characters (limits.ts); `…Id()` constructors trust checked input, parsing checks it.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type CustomerId = Branded<'CustomerId'>;
export type ItemId = Branded<'ItemId'>;
export type MessageId = Branded<'MessageId'>;
export type OrderId = Branded<'OrderId'>;
export type CampaignId = Branded<'CampaignId'>;
export type ExperimentId = Branded<'ExperimentId'>;
export type DecisionId = Branded<'DecisionId'>;
export type DeliveryId = Branded<'DeliveryId'>;
export type ModelVersion = Branded<'ModelVersion'>;
export type RecommendationId = Branded<'RecommendationId'>;

export const customerId = (text: string): CustomerId => text as CustomerId;
export const itemId = (text: string): ItemId => text as ItemId;
export const messageId = (text: string): MessageId => text as MessageId;
export const orderId = (text: string): OrderId => text as OrderId;
export const campaignId = (text: string): CampaignId => text as CampaignId;
export const experimentId = (text: string): ExperimentId => text as ExperimentId;
export const decisionId = (text: string): DecisionId => text as DecisionId;
export const deliveryId = (text: string): DeliveryId => text as DeliveryId;
export const modelVersion = (text: string): ModelVersion => text as ModelVersion;
export const recommendationId = (text: string): RecommendationId => text as RecommendationId;
