// Several campaigns that want the same customers at the same time: assigned by the hash, delivered batch by batch beside
// each other, round after round as the workflow does it, until everybody is settled. The store of deliveries is given.

import { hash } from 'node:crypto';
import { campaignId, customerId } from '../../lib/base/ids.ts';
import { defaultSettings, type WorkspaceSettings } from '../../lib/base/settings.ts';
import { assignMember } from '../../lib/campaigns/assigned.ts';
import type { AudienceBatch, AudienceMember } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { type BatchContext, deliverBatch } from '../../lib/deliveries/batch.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { createRivals } from '../../lib/deliveries/yielding.ts';
import type { CouponStore, DeliveryStore } from '../../lib/ports.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeTransport } from '../fakes/transport.ts';
import { couponCampaign, noonMs, profileOf } from './stage.ts';

export const reminderCampaign = (name: string, change: Partial<Campaign> = {}): Campaign => ({
  ...couponCampaign,
  campaignId: campaignId(name),
  salt: `salt of ${name}`,
  variants: [
    { name: 'message', weight: 0.75, action: { kind: 'reminder', templates: defaultTemplates.reminder } },
    { name: 'nothing', weight: 0.25, action: { kind: 'none' } },
  ],
  ...change,
});

export interface Competition {
  readonly campaigns: readonly Campaign[];
  /** Known to the workspace, and not delivered here. */
  readonly others?: readonly Campaign[];
  readonly customersCount: number;
  readonly settings?: Partial<WorkspaceSettings>;
  readonly deliveries: DeliveryStore;
  readonly coupons: Pick<CouponStore, 'get'>;
}

export const batchCustomersCount = 25;

/** Who got what (customer → campaigns), who should have been addressed by which, and why the others were not. */
export const compete = async (competition: Competition) => {
  const { campaigns, customersCount, deliveries, coupons } = competition;
  const settings = { ...defaultSettings, ...competition.settings };
  const ids = Array.from({ length: customersCount }, (_, index) => customerId(`c${index}`));
  const customers = createFakeCustomerStore();
  for (const id of ids) await customers.writeProfile(profileOf(id), undefined);
  const store = memoryCampaignStore([...campaigns, ...(competition.others ?? [])]);
  const archive = createFakeObjectStore();
  const transport = fakeTransport();
  const secrets = fakeSecretStore();
  const { holdoutSalt } = await secrets.secrets();
  let nowMs = noonMs;
  let drawn = 0;
  const clock = { nowMs: () => nowMs };
  const assortment = async () => createAssortment(undefined, [], new Set());
  const context: BatchContext = {
    deliveries,
    coupons,
    customers,
    archive,
    transport,
    clock,
    settings,
    campaigns: store,
    journeys: fakeJourneyStore(),
    catalog: fakeCatalogStore(),
    events: createFakeEventQueue(),
    random: { bytes: (count) => hash('sha256', String(drawn++), 'buffer').subarray(0, count) },
    linkSecret: '00'.repeat(32),
    apiUrl: 'https://api.example',
    fromAddress: 'Reprise <hello@shop.example>',
    rivals: createRivals({
      campaigns: store,
      secrets,
      settings,
      clock,
      catalog: fakeCatalogStore(),
      assortment,
    }),
    assortment,
    timeLeftMs: () => 300_000,
  };
  const sends = new Map<string, string[]>(ids.map((id) => [id, []]));
  let open: string[] = [];
  for (const campaign of campaigns) {
    const members = ids.map((id) =>
      assignMember(campaign, 'run-1', id, new Date(noonMs).toISOString(), { holdoutSalt }, settings),
    );
    const addressed = members.filter(({ arm }) => arm === 'message');
    for (const { customerId: id } of addressed) sends.get(id)?.push(campaign.campaignId);
    open.push(...(await putBatches(campaign, addressed, archive)));
  }
  const suppressed: Record<string, number> = {};
  let rounds = 0;
  while (open.length > 0 && rounds < 200) {
    rounds += 1;
    const progress = await Promise.all(open.map((batchKey) => deliverBatch({ batchKey }, context)));
    open = progress
      .filter(({ deferred, failed }) => deferred.length + failed.length > 0)
      .map((one) => one.batchKey);
    for (const { batchKey, counts } of progress) {
      if (open.includes(batchKey)) continue;
      for (const [reason, count] of Object.entries(counts.suppressed)) {
        suppressed[reason] = (suppressed[reason] ?? 0) + count;
      }
    }
    if (open.length > 0) {
      nowMs = Math.max(nowMs + 1_000, Math.min(...progress.flatMap(({ untilMs }) => untilMs ?? [])));
    }
  }
  const got = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { to, headers } of transport.sent) {
    const delivery = headers['X-Reprise-Delivery'];
    const campaign = (await deliveries.get(delivery as Parameters<typeof deliveries.get>[0]))?.campaignId;
    got.get(to.slice(0, to.indexOf('@')))?.push(String(campaign));
  }
  return { got, sends, suppressed, open, rounds, endedAtMs: nowMs };
};

const putBatches = async (
  { campaignId: id }: Campaign,
  addressed: readonly AudienceMember[],
  archive: BatchContext['archive'],
): Promise<string[]> => {
  const keys: string[] = [];
  for (let from = 0; from < addressed.length; from += batchCustomersCount) {
    const batch: AudienceBatch = {
      campaignId: id,
      runId: 'run-1',
      phase: 'test',
      members: addressed.slice(from, from + batchCustomersCount),
    };
    const key = `campaigns/${id}/run-1/test/batch-${String(keys.length).padStart(5, '0')}.json`;
    await archive.put(key, Buffer.from(JSON.stringify(batch)), 'application/json');
    keys.push(key);
  }
  return keys;
};
