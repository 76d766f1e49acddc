// A campaign on chosen customers, without preparing or sending anything: who they are, whether and why they are in the
// audience, their arm, whether it is quiet for them now, and every message as they would get it.

import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, recommendationId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { EligibilityRule, WorkspaceSettings } from '../base/settings.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { PreviewRequest, PreviewsRequest } from '../campaigns/api-input.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { allowedTo, focusItems } from '../campaigns/focus.ts';
import { estimateAudience, previewAudience } from '../campaigns/preview.ts';
import { quietUntilMs, usableTimeZone } from '../campaigns/schedule.ts';
import type { CustomerRecord, Language } from '../events/customer.ts';
import { suppressionsOf } from '../events/suppressions.ts';
import type { CampaignStore, CatalogStore, Clock, CustomerStore, SecretStore } from '../ports.ts';
import type { Assortment } from '../recommendations/assortment.ts';
import { type RecommendedItem, recommend } from '../recommendations/recommend.ts';
import { type LetterContext, languageOf } from './compose.ts';
import { asksCatalogue, offeredTerms } from './offered-terms.ts';
import { messagesOf, type Previewed, previewLinkSecret, previewMessages } from './preview.ts';

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
  { customerId, languages, estimate }: PreviewRequest,
  ports: PreviewPorts,
) => {
  const campaign = await existingCampaign(id, ports.campaigns);
  return {
    ...(await previewCustomer(campaign, customerId, languages, ports)),
    ...(estimate && { estimate: await estimateAudience(campaign, ports.clock.nowMs(), ports) }),
  };
};

/** Each customer by itself; one who is not known stands there with what is wrong. */
export const previewCustomers = async (
  id: Campaign['campaignId'],
  { customerIds, languages, estimate }: PreviewsRequest,
  ports: PreviewPorts,
) => {
  const campaign = await existingCampaign(id, ports.campaigns);
  const previews = await Promise.all(
    customerIds.map((customerId) =>
      previewCustomer(campaign, customerId, languages, ports).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        return { customer: { customerId }, error: error.detail };
      }),
    ),
  );
  return {
    previews,
    ...(estimate && { estimate: await estimateAudience(campaign, ports.clock.nowMs(), ports) }),
  };
};

const previewCustomer = async (
  campaign: Campaign,
  customerId: CustomerId,
  languages: readonly Language[] | undefined,
  ports: PreviewPorts,
) => {
  const { settings, clock } = ports;
  const nowMs = clock.nowMs();
  const previewed = await situationOf(campaign, customerId, ports);
  const { record, items } = previewed;
  const secrets = await ports.secrets.secrets();
  const { member, ...audience } = await previewAudience(campaign, customerId, record, nowMs, {
    catalog: ports.catalog,
    assortment: ports.assortment,
    secrets,
    settings,
  });
  const quiet = quietUntilMs(
    nowMs,
    campaign.quietHours ?? settings.quietHours,
    usableTimeZone(record.profile?.timeZone, settings.timeZone),
  );
  const language = languageOf(record.profile);
  return {
    customer: described(customerId, record),
    ...audience,
    arm: member.arm,
    propensity: member.propensity,
    quietUntil: quiet === undefined ? null : new Date(quiet).toISOString(),
    language,
    items,
    mails: previewMessages(previewed, languages ?? [language], previewContext(ports)),
  };
};

export const previewContext = ({ apiUrl, settings, clock }: PreviewPorts): LetterContext => ({
  apiUrl,
  linkSecret: previewLinkSecret,
  timeZone: settings.timeZone,
  shopHosts: settings.shopHosts,
  nowMs: clock.nowMs(),
});

/** What a message to this customer is made of now. */
export const situationOf = async (
  campaign: Campaign,
  customerId: CustomerId,
  { assortment: source, customers, settings, clock }: PreviewPorts,
): Promise<Previewed> => {
  const nowMs = clock.nowMs();
  const rules = settings.eligibilityRules;
  const assortment = usesItems(campaign, rules) ? await source() : undefined;
  const record = await existingCustomer(customerId, assortment, customers);
  const allowed = assortment && allowedTo(record.profile, rules, assortment);
  return {
    campaign,
    customerId,
    record,
    items: assortment ? itemsFor(campaign, record, assortment, { customerId, nowMs, settings }) : [],
    offered: (offer) => offeredTerms(offer, record, rules, assortment),
    about: (focus) => (allowed ? focusItems(focus, campaign.trigger, record.state, allowed, nowMs) : []),
  };
};

const usesItems = (campaign: Campaign, rules: readonly EligibilityRule[]): boolean =>
  campaign.recommendationsCount > 0 ||
  messagesOf(campaign).some(
    ({ action }) =>
      action.focus !== undefined || (action.kind === 'coupon' && asksCatalogue(action.offer, rules)),
  );

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
  campaign.recommendationsCount === 0
    ? []
    : recommend(
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
  suppressed: suppressionsOf(profile),
  traits: profile?.traits ?? {},
  orders: Object.keys(state?.orders ?? {}).length,
});
