// A campaign on one customer, without preparing or sending anything: who they are, whether and why they are in the
// audience, their arm, whether it is quiet for them now, and the mail of every variant as they would get it.

import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, recommendationId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { PreviewRequest } from '../campaigns/api-input.ts';
import type { Campaign, Focus } from '../campaigns/campaign.ts';
import { allowedTo, focusItems } from '../campaigns/focus.ts';
import { estimateAudience, previewAudience } from '../campaigns/preview.ts';
import { quietUntilMs, usableTimeZone } from '../campaigns/schedule.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CampaignStore, CatalogStore, Clock, CustomerStore, SecretStore } from '../ports.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import { type RecommendedItem, recommend } from '../recommendations/recommend.ts';
import { languageOf } from './compose.ts';
import { previewMails } from './preview.ts';

export interface PreviewPorts {
  readonly campaigns: CampaignStore;
  readonly customers: CustomerStore;
  readonly catalog: CatalogStore;
  readonly secrets: SecretStore;
  readonly assortment: () => Promise<Assortment>;
  readonly clock: Clock;
  readonly settings: WorkspaceSettings;
  readonly apiUrl: string;
}

export const previewCampaign = async (
  id: Campaign['campaignId'],
  { customerId, estimate }: PreviewRequest,
  ports: PreviewPorts,
) => {
  const { settings, clock } = ports;
  const nowMs = clock.nowMs();
  const campaign = await existingCampaign(id, ports.campaigns);
  const assortment = usesItems(campaign) ? await ports.assortment() : undefined;
  const record = await existingCustomer(customerId, assortment, ports.customers);
  const secrets = await ports.secrets.secrets();
  const { member, ...audience } = await previewAudience(campaign, customerId, record, nowMs, {
    catalog: ports.catalog,
    assortment: ports.assortment,
    secrets,
    settings,
  });
  const allowed = assortment && allowedTo(record.profile, settings.eligibilityRules, assortment);
  const about = (focus: Focus) =>
    allowed ? focusItems(focus, campaign.trigger, record.state, allowed, nowMs) : [];
  const items = assortment ? itemsFor(campaign, record, assortment, { customerId, nowMs, settings }) : [];
  const { apiUrl } = ports;
  const context = { apiUrl, linkSecret: secrets.linkSecret, timeZone: settings.timeZone, nowMs };
  const quiet = quietUntilMs(
    nowMs,
    campaign.quietHours ?? settings.quietHours,
    usableTimeZone(record.profile?.timeZone, settings.timeZone),
  );
  return {
    customer: described(customerId, record),
    ...audience,
    arm: member.arm,
    propensity: member.propensity,
    quietUntil: quiet === undefined ? null : new Date(quiet).toISOString(),
    language: languageOf(record.profile),
    items,
    mails: previewMails(campaign, customerId, record, items, about, context),
    ...(estimate && { estimate: await estimateAudience(campaign, nowMs, ports) }),
  };
};

const usesItems = ({ recommendationsCount, variants }: Campaign): boolean =>
  recommendationsCount > 0 || variants.some(({ action }) => 'focus' in action && action.focus !== undefined);

const existingCustomer = async (
  customerId: CustomerId,
  assortment: Assortment | undefined,
  customers: CustomerStore,
): Promise<CustomerRecord> => {
  const record = await customers.read(customerId, assortment?.serving?.modelVersion);
  if (record.profile === undefined && record.state === undefined) {
    throw new Failure('not-found', {
      code: 'customer-unknown',
      message: 'Nothing is known of this customer.',
      received: shown(customerId),
      action: 'Send an identify or an order of theirs first, or take another customer.',
    });
  }
  return record;
};

const itemsFor = (
  campaign: Campaign,
  record: CustomerRecord,
  assortment: Assortment,
  {
    customerId: userId,
    nowMs,
    settings,
  }: { readonly customerId: CustomerId; readonly nowMs: number; readonly settings: WorkspaceSettings },
): readonly RecommendedItem[] =>
  recommend(
    { userId, limit: campaign.recommendationsCount, placement: 'mail', exclude: new Set() },
    record,
    assortment,
    // Without exploration: a preview that changed from call to call would tell nothing.
    {
      recommendationId: recommendationId('preview'),
      nowMs,
      random: seededRandom(userId),
      explorationShare: 0,
      reranking: settings.reranking,
      eligibilityRules: settings.eligibilityRules,
    },
  ).items;

const described = (customerId: CustomerId, { profile, state }: CustomerRecord) => ({
  customerId,
  name: profile?.name ?? null,
  email: profile?.email ?? null,
  language: profile?.language ?? null,
  timeZone: profile?.timeZone ?? null,
  suppressed: profile?.suppressed ?? {},
  traits: profile?.traits ?? {},
  orders: Object.keys(state?.orders ?? {}).length,
});
