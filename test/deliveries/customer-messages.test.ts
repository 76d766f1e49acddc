// One customer's messages over all campaigns, as support asks for them.

import { describe, expect, it } from 'vitest';
import { campaignId, customerId, decisionId } from '../../lib/base/ids.ts';
import { customerLookupsCountMax, customerRunsCountMax } from '../../lib/base/limits.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { CampaignRun } from '../../lib/campaigns/run.ts';
import { customerMessages } from '../../lib/deliveries/customer-messages.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { couponCampaign, createStage, memberOf, noonMs, profileOf, recordOf } from './stage.ts';

const ada = customerId('ada');
const started = (id: string, change: Partial<Campaign> = {}): Campaign => ({
  ...couponCampaign,
  campaignId: campaignId(id),
  name: id,
  startedAt: '2026-06-10T12:00:00.000Z',
  holdoutShare: 0,
  ...change,
});
const message = { kind: 'reminder', templates: defaultTemplates.reminder } as const;
const all = (action: Campaign['variants'][number]['action']): Campaign['variants'] => [
  { name: 'all', weight: 1, action },
];

const open = async (campaigns: readonly Campaign[]) => {
  const stage = createStage();
  const customers = createFakeCustomerStore();
  await customers.writeProfile(
    profileOf('ada', { suppressed: { sms: { reason: 'unsubscribed', atMs: 7 } } }),
    undefined,
  );
  return {
    ...stage,
    ports: {
      campaigns: memoryCampaignStore(campaigns),
      deliveries: stage.context.deliveries,
      journeys: stage.journeys,
      customers,
      secrets: fakeSecretStore(),
      settings: { ...defaultSettings, globalHoldoutShare: 0 },
      clock: { nowMs: () => noonMs },
    },
  };
};
const runRow = (id: string, number: number, phases: CampaignRun['phases']): CampaignRun => ({
  campaignId: campaignId(id),
  runId: `run-${number}`,
  frozenAt: '2026-06-10T12:00:00.000Z',
  phases,
});
const phase = { frozenAt: '2026-06-10T12:00:00.000Z', arms: {}, batchesCount: 1, attempts: 1 };

describe('one customer’s messages', () => {
  it('tell variant, channel, code, time and state of what was sent, and why something was not', async () => {
    const [sent, capped] = [started('sent'), started('capped')];
    const { context, ports } = await open([sent, capped, { ...couponCampaign, name: 'a draft' }]);
    await deliverOne(sent, memberOf('ada'), recordOf('ada'), context);
    await deliverOne(capped, memberOf('ada'), recordOf('ada'), context);
    const found = await customerMessages(ada, {}, ports);
    expect(found.suppressed).toEqual({ sms: { reason: 'unsubscribed', atMs: 7 } });
    expect(found.campaigns.map(({ name }) => name).sort()).toEqual(['capped', 'sent']);
    const of = (name: string) => found.campaigns.find((one) => one.name === name)?.deliveries[0];
    expect(of('sent')).toMatchObject({
      phase: 'test',
      runId: 'run-1',
      variant: 'coupon',
      channel: 'email',
      status: 'sent',
      preparedAt: new Date(noonMs).toISOString(),
      couponCode: expect.stringMatching(/./),
    });
    expect(of('capped')).toMatchObject({ status: 'suppressed', reason: 'capped' });
    for (const field of ['customerId', 'counted', 'sendingBy']) expect(of('sent')).not.toHaveProperty(field);
  });

  it('say why there is nothing: held out, an arm without a message, or never reached', async () => {
    const { ports } = await open([
      started('held', { holdoutShare: 1 }),
      started('untreated', { variants: all({ kind: 'none' }) }),
      started('missed', { variants: all(message) }),
    ]);
    const why = async (global = 0) => {
      const settings = { ...defaultSettings, globalHoldoutShare: global };
      const { campaigns } = await customerMessages(ada, {}, { ...ports, settings });
      return Object.fromEntries(campaigns.map(({ name, nothing }) => [name, nothing]));
    };
    expect(await why()).toEqual({
      held: 'held-out',
      untreated: 'variant-sends-nothing',
      missed: 'not-reached',
    });
    expect(new Set(Object.values(await why(1)))).toEqual(new Set(['held-out-everywhere']));
  });

  it('find what a rollout sent to the holdout, and the latest runs of a campaign that repeats', async () => {
    const daily = started('daily', {
      trigger: {
        kind: 'recurring',
        everyDays: 1,
        startsAt: '2026-06-01T12:00:00.000Z',
        endsAt: '2026-09-01T12:00:00.000Z',
      },
      variants: all(message),
    });
    const { context, ports } = await open([daily]);
    const last = customerRunsCountMax + 2;
    for (let number = 1; number <= last; number++) {
      await ports.campaigns.writeRun(
        runRow('daily', number, number === last ? { test: phase, rollout: phase } : { test: phase }),
      );
    }
    const send = (number: number, of: 'test' | 'rollout') =>
      deliverOne(daily, memberOf('ada', 'all'), recordOf('ada'), {
        ...context,
        runId: `run-${number}`,
        phase: of,
        settings: { ...context.settings, caps: [] },
      });
    await send(1, 'test');
    await send(last, 'rollout');
    const [{ deliveries, runsLeftOut }] = (await customerMessages(ada, {}, ports)).campaigns;
    expect(deliveries.map(({ runId, phase: of }) => `${runId} ${of}`)).toEqual([`run-${last} rollout`]);
    expect(runsLeftOut).toBe(2);
  });

  it('show where they stand in a journey, and each step of it that sent something', async () => {
    const journey = started('journey', {
      variants: all({
        kind: 'journey',
        exitOnPurchase: true,
        steps: [
          { kind: 'send', stepId: 'hello', message },
          { kind: 'wait', stepId: 'a-day', hours: 24 },
          { kind: 'send', stepId: 'again', message },
        ],
      }),
    });
    const { ports, journeys } = await open([journey]);
    const member = { ...memberOf('ada', 'all'), decisionId: decisionId('d') };
    const path = [{ stepId: 'hello', at: '2026-06-10T12:00:00.000Z', outcome: 'suppressed: capped' }];
    await journeys.write(
      {
        campaignId: journey.campaignId,
        runId: 'run-1',
        phase: 'test',
        member,
        stepId: 'a-day',
        enteredAt: '2026-06-10T12:00:00.000Z',
        dueAt: '2026-06-11T12:00:00.000Z',
        waitsFor: 'quiet-hours',
        path,
        revision: 1,
      },
      undefined,
    );
    const [shown] = (await customerMessages(ada, {}, ports)).campaigns;
    expect(shown).toMatchObject({
      nothing: null,
      journeys: [
        { variant: 'all', stepId: 'a-day', dueAt: '2026-06-11T12:00:00.000Z', waitsFor: 'quiet-hours', path },
      ],
    });
  });

  it('come in pages that together have every campaign once', async () => {
    const many = Array.from({ length: customerLookupsCountMax + 3 }, (_, index) => started(`c${index}`));
    const { ports } = await open(many);
    const first = await customerMessages(ada, {}, ports);
    expect(first.campaigns).toHaveLength(customerLookupsCountMax);
    const second = await customerMessages(ada, { after: String(first.next) }, ports);
    expect(second.campaigns).toHaveLength(3);
    expect(second.next).toBeUndefined();
    const names = [...first.campaigns, ...second.campaigns].map(({ name }) => name);
    expect(new Set(names).size).toBe(many.length);
    const one = await customerMessages(ada, { campaignId: 'c7' }, ports);
    expect(one.campaigns.map(({ name }) => name)).toEqual(['c7']);
  });

  it('of somebody who is not stored are none, though rows of deliveries remain', async () => {
    const sent = started('sent');
    const { context, ports } = await open([sent]);
    await deliverOne(sent, memberOf('gone'), recordOf('gone'), context);
    await expect(customerMessages(customerId('gone'), {}, ports)).rejects.toMatchObject({
      kind: 'not-found',
      detail: { code: 'customer-not-found' },
    });
    await expect(customerMessages(ada, { after: 'nowhere' }, ports)).rejects.toMatchObject({
      detail: { code: 'query-invalid' },
    });
  });
});
