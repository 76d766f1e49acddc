import { describe, expect, it } from 'vitest';
import { campaignId } from '../../lib/base/ids.ts';
import {
  type AdministerPorts,
  actOnCampaign,
  createCampaign,
  replaceCampaign,
} from '../../lib/campaigns/administer.ts';
import type { CampaignStatus } from '../../lib/campaigns/campaign.ts';
import { type LifecycleAction, transition } from '../../lib/campaigns/lifecycle.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { campaign, dayMs, iso, item, movedClock, t0, templateRules, templates } from './sample.ts';

const definition = {
  name: '欢迎回来 Welcome back!',
  audience: { all: [] },
  trigger: { kind: 'at', at: iso(t0 + dayMs) },
  variants: [{ name: 'reminder', weight: 1, action: { kind: 'reminder', templates } }],
};

const open = () => {
  const workflows = fakeWorkflows();
  let byte = 0;
  const ports = {
    campaigns: memoryCampaignStore(),
    coupons: fakeCouponStore(),
    catalog: fakeCatalogStore([item('book')]),
    workflows,
    clock: movedClock(),
    random: { bytes: (count: number) => Uint8Array.from({ length: count }, () => byte++) },
    templates: templateRules,
  } satisfies AdministerPorts;
  return ports;
};

describe('the life of a campaign', () => {
  const legal: {
    readonly [status in CampaignStatus]: { readonly [action in LifecycleAction]?: CampaignStatus };
  } = {
    draft: { start: 'running', cancel: 'cancelled' },
    running: { pause: 'paused', cancel: 'cancelled', finish: 'finished' },
    paused: { resume: 'running', cancel: 'cancelled', finish: 'finished' },
    cancelled: {},
    finished: {},
  };
  const actions = ['start', 'pause', 'resume', 'cancel', 'finish'] as const;
  const statuses = ['draft', 'running', 'paused', 'cancelled', 'finished'] as const;
  const cases = statuses.flatMap((status) => actions.map((action) => [status, action] as const));

  it.each(cases)('%s, then %s', (status, action) => {
    const before = campaign({ status, revision: 7 });
    const to = legal[status][action];
    if (to === undefined) {
      expect(() => transition(before, action, iso(t0))).toThrow(
        `A campaign that is ${status} cannot ${action}`,
      );
    } else {
      expect(transition(before, action, iso(t0))).toMatchObject({ status: to, revision: 8 });
    }
  });

  it('notes when it was paused and ended, and why', () => {
    const paused = transition(campaign(), 'pause', iso(t0 + 1));
    expect(paused.pausedAt).toBe(iso(t0 + 1));
    expect(transition(paused, 'resume', iso(t0 + 2))).not.toHaveProperty('pausedAt');
    expect(transition(paused, 'finish', iso(t0 + 3), 'stopped for harm')).toMatchObject({
      endedAt: iso(t0 + 3),
      endedReason: 'stopped for harm',
    });
  });
});

describe('administering campaigns', () => {
  it('creates a draft with its own salt and an id that reads like its name', async () => {
    const ports = open();
    const first = await createCampaign(definition, ports);
    const second = await createCampaign(definition, ports);
    expect(first).toMatchObject({ status: 'draft', revision: 1, holdoutShare: 0.1, createdAt: iso(t0) });
    expect(first.campaignId).toMatch(/^welcome-back-[0-9a-f]{8}$/);
    expect(first.salt).toMatch(/^[0-9a-f]{32}$/);
    expect(second.salt).not.toBe(first.salt);
    expect(second.campaignId).not.toBe(first.campaignId);
    const { defaults: _, ...stored } = first;
    expect(await ports.campaigns.get(first.campaignId)).toEqual(stored);
  });

  it('replaces a draft as it was read, keeping id, salt and creation', async () => {
    const ports = open();
    const made = await createCampaign(definition, ports);
    const replaced = await replaceCampaign(made.campaignId, { ...made, windowDays: 60 }, ports);
    expect(replaced).toMatchObject({
      salt: made.salt,
      createdAt: made.createdAt,
      windowDays: 60,
      revision: 2,
    });
    await expect(replaceCampaign(made.campaignId, { ...made, windowDays: 90 }, ports)).rejects.toMatchObject({
      kind: 'conflict',
      detail: { code: 'campaign-changed' },
    });
  });

  it('refuses to edit what has started, whatever was sent', async () => {
    const ports = open();
    const { campaignId: id } = await createCampaign(definition, ports);
    const { effect: _, ...running } = await actOnCampaign(id, 'start', ports);
    await expect(replaceCampaign(id, { nonsense: true }, ports)).rejects.toMatchObject({
      kind: 'conflict',
      detail: { code: 'campaign-not-draft' },
    });
    expect(await ports.campaigns.get(id)).toEqual(running);
  });

  it('starts run 1 under one name, also when the start is repeated', async () => {
    const ports = open();
    const { campaignId: id } = await createCampaign(definition, ports);
    const started = await actOnCampaign(id, 'start', ports);
    expect(started).toMatchObject({ status: 'running', startedAt: iso(t0), revision: 2 });
    expect(await actOnCampaign(id, 'start', ports)).toEqual(started);
    expect([...ports.workflows.campaigns]).toEqual([
      [`${id}-run-1`, { campaignId: id, runId: 'run-1', startsAt: iso(t0 + dayMs) }],
    ]);
  });

  it('finishes a start that broke off before the workflow began', async () => {
    const ports = open();
    const { campaignId: id } = await createCampaign(definition, ports);
    const down = {
      ...ports,
      workflows: { ...ports.workflows, startCampaign: () => Promise.reject(new Error('down')) },
    };
    await expect(actOnCampaign(id, 'start', down)).rejects.toThrow('down');
    expect((await actOnCampaign(id, 'start', ports)).status).toBe('running');
    expect(ports.workflows.campaigns.size).toBe(1);
  });

  it('does not start a campaign whose period is over', async () => {
    const ports = open();
    const trigger = { kind: 'event', event: 'x', startsAt: iso(t0 - 2 * dayMs), endsAt: iso(t0 - dayMs) };
    const { campaignId: id } = await createCampaign({ ...definition, trigger }, ports);
    await expect(actOnCampaign(id, 'start', ports)).rejects.toMatchObject({
      kind: 'invalid',
      detail: { problems: [{ path: 'trigger.endsAt' }] },
    });
    expect(await ports.campaigns.status(id)).toBe('draft');
    expect(ports.workflows.campaigns.size).toBe(0);
  });

  it('does not start a campaign whose offer is over by then', async () => {
    const ports = open();
    const offer = { discount: { kind: 'percent', percent: 10 }, expiresAt: iso(t0 + dayMs) };
    const made = await createCampaign(
      {
        ...definition,
        trigger: { kind: 'at', at: iso(t0) },
        variants: [{ name: 'coupon', weight: 1, action: { kind: 'coupon', offer, templates } }],
      },
      ports,
    );
    ports.clock.nowIs(t0 + 2 * dayMs);
    await expect(actOnCampaign(made.campaignId, 'start', ports)).rejects.toMatchObject({
      detail: {
        code: 'campaign-not-startable',
        problems: [{ path: 'variants.0.action.offer.expiresAt', message: expect.stringContaining('by now') }],
      },
    });
  });

  it('says so when there is no such campaign', async () => {
    await expect(actOnCampaign(campaignId('none'), 'pause', open())).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('a code that everybody gets', () => {
  const offer = {
    discount: { kind: 'percent', percent: 10 },
    expiresAt: iso(t0 + 30 * dayMs),
    sharedCode: 'SPRING-26',
  };
  const shared = {
    ...definition,
    variants: [{ name: 'coupon', weight: 1, action: { kind: 'coupon', offer, templates } }],
  };

  it('works from the start of its campaign on, and starting again changes nothing', async () => {
    const ports = open();
    const { campaignId: id } = await createCampaign(shared, ports);
    expect(await ports.coupons.get('spring 26')).toBeUndefined();
    await actOnCampaign(id, 'start', ports);
    const stored = await ports.coupons.get('spring 26');
    expect(stored).toMatchObject({ code: 'SPRING-26', campaignId: id, expiresAt: iso(t0 + 30 * dayMs) });
    expect(stored?.customerId).toBeUndefined();
    await actOnCampaign(id, 'start', ports);
    expect(await ports.coupons.get('spring 26')).toEqual(stored);
  });

  it('knows the titles of the items it names, for its texts', async () => {
    const ports = open();
    const given = { ...offer, discount: { kind: 'gift', itemId: 'book' } };
    const action = { kind: 'coupon', offer: given, templates };
    const made = await createCampaign(
      { ...shared, variants: [{ name: 'coupon', weight: 1, action }] },
      ports,
    );
    await actOnCampaign(made.campaignId, 'start', ports);
    expect((await ports.coupons.get('SPRING26'))?.terms.titles).toEqual({ book: item('book').title });
  });

  it('counts its days from when the campaign begins, however early it was planned', async () => {
    const ports = open();
    const lasting = { discount: offer.discount, sharedCode: offer.sharedCode, expiresAfterDays: 14 };
    const action = { kind: 'coupon', offer: lasting, templates };
    const { campaignId: id } = await createCampaign(
      { ...shared, variants: [{ name: 'coupon', weight: 1, action }] },
      ports,
    );
    await actOnCampaign(id, 'start', ports);
    expect((await ports.coupons.get('SPRING26'))?.expiresAt).toBe(iso(t0 + dayMs + 14 * dayMs));
  });

  it('cannot be that of two campaigns, however it is written: the second stays a draft', async () => {
    const ports = open();
    const first = await createCampaign(shared, ports);
    await actOnCampaign(first.campaignId, 'start', ports);
    const other = structuredClone(shared);
    other.variants[0].action.offer.sharedCode = 'SPR1NG26';
    const second = await createCampaign(other, ports);
    await expect(actOnCampaign(second.campaignId, 'start', ports)).rejects.toMatchObject({
      detail: { code: 'shared-code-taken' },
    });
    expect((await ports.campaigns.get(second.campaignId))?.status).toBe('draft');
  });
});
