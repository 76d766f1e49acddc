import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import {
  Crash,
  couponCampaign,
  createStage,
  dayMs,
  memberOf,
  noonMs,
  recordOf,
  type Stage,
} from './stage.ts';

const deliver = (stage: Stage, arm = 'coupon') =>
  deliverOne(couponCampaign, memberOf('ada', arm), recordOf('ada'), stage.context);

const only = <T>(values: Iterable<T>): T => {
  const [value, ...more] = values;
  expect(more).toEqual([]);
  return value;
};

describe('delivering to one customer', () => {
  it('sends one mail with the coupon that was stored, and reports it', async () => {
    const stage = createStage();
    expect(await deliver(stage)).toEqual({ kind: 'sent' });
    const coupon = only(stage.table.coupons.values());
    const mail = only(stage.mailer.sent);
    expect(mail.to).toBe('ada@example.com');
    expect(mail.html).toContain(coupon.code);
    expect(mail.text).toContain(coupon.code);
    expect(mail.headers['List-Unsubscribe']).toMatch(/^<https:\/\/api\.example\/v1\/unsubscribe\/[\w.-]+>$/);
    expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(coupon.expiresAt).toBe(new Date(noonMs + 7 * dayMs).toISOString());
    const delivery = only(stage.table.deliveries.values());
    expect(delivery).toMatchObject({ status: 'sent', messageId: 'ses-1', couponCode: coupon.code });
    expect(only(stage.events).properties).toMatchObject({ status: 'sent', couponCode: coupon.code });
  });

  it('sends a reminder without any coupon', async () => {
    const stage = createStage();
    expect(await deliver(stage, 'reminder')).toEqual({ kind: 'sent' });
    expect(stage.table.coupons.size).toBe(0);
  });

  it('does nothing at all in an arm without treatment', async () => {
    for (const arm of ['nothing', 'holdout', 'global-holdout']) {
      const stage = createStage();
      expect(await deliver(stage, arm)).toEqual({ kind: 'suppressed', reason: 'no-action' });
      expect(stage.changes()).toBe(0);
    }
  });

  it.each([
    [{ email: undefined }, 'no-email'],
    [{ email: 'a@example.com, b@example.com' }, 'email-invalid'],
    [{ email: 'a@example.com\r\nBcc: b@example.com' }, 'email-invalid'],
    [{ suppressed: { email: { reason: 'complained' as const, atMs: 1 } } }, 'complained'],
  ])('suppresses customers who cannot or must not be mailed: %j', async (change, reason) => {
    const stage = createStage();
    const outcome = await deliverOne(couponCampaign, memberOf('ada'), recordOf('ada', change), stage.context);
    expect(outcome).toEqual({ kind: 'suppressed', reason });
    expect(stage.mailer.sent).toEqual([]);
    expect(stage.table.coupons.size).toBe(0);
    expect(only(stage.events).properties).toMatchObject({ status: 'suppressed', reason });
  });

  it('waits for the end of quiet hours in the customer’s own zone', async () => {
    const stage = createStage();
    // 12:00 UTC is 22:00 in Sydney in June; quiet until 08:00 there, which is 22:00 UTC.
    const record = recordOf('ada', { timeZone: 'Australia/Sydney' });
    const outcome = await deliverOne(couponCampaign, memberOf('ada'), record, stage.context);
    expect(outcome).toEqual({ kind: 'deferred', reason: 'quiet-hours', untilMs: Date.UTC(2026, 5, 10, 22) });
    stage.setNow(Date.UTC(2026, 5, 10, 22));
    expect(await deliverOne(couponCampaign, memberOf('ada'), record, stage.context)).toEqual({
      kind: 'sent',
    });
  });

  it.each([
    [10, { kind: 'suppressed', reason: 'quiet-until-too-late' }],
    [11, { kind: 'deferred', reason: 'quiet-hours', untilMs: Date.UTC(2026, 5, 10, 22) }],
  ])(
    'knows at once what quiet hours keep to its last moment: %i hours from 12:00, quiet until 22:00',
    async (deliverWithinHours, expected) => {
      const stage = createStage();
      const record = recordOf('ada', { timeZone: 'Australia/Sydney' });
      const campaign = { ...couponCampaign, deliverWithinHours };
      expect(await deliverOne(campaign, memberOf('ada'), record, stage.context)).toEqual(expected);
    },
  );

  it('shows recommended items with titles, reasons in the customer’s language and links that carry the decision', async () => {
    const stage = createStage();
    const item: CatalogItem = {
      itemId: itemId('statistics'),
      title: 'Statistics <1>',
      kind: 'course',
      category: [],
      tags: [],
      price: 49,
      currency: 'EUR',
      repurchase: { kind: 'once' },
      attributes: { url: 'https://shop.example/statistics?a=1' },
      hidden: false,
      updatedAt: '2026-06-01T00:00:00.000Z',
      createdAt: '2026-06-01T00:00:00.000Z',
    };
    const context = {
      ...stage.context,
      assortment: async () => createAssortment(undefined, [item], new Set()),
    };
    const campaign = { ...couponCampaign, recommendationsCount: 3 };
    await deliverOne(campaign, memberOf('ada'), recordOf('ada'), context);
    const mail = only(stage.mailer.sent);
    expect(mail.html).toContain('Statistics &lt;1&gt;');
    expect(mail.html).toContain('https://shop.example/statistics?a=1&amp;reprise=decision-ada');
    expect(mail.text).toContain('https://shop.example/statistics?a=1&reprise=decision-ada');
    expect(mail.text).toContain('(€49)');
    expect(stage.events.map(({ event }) => event)).toEqual([
      'Reprise Delivery Settled',
      'Reprise Recommendation Served',
    ]);
  });

  it('reports what it recommended again after a crash between settling and the events, as the same event', async () => {
    const stage = createStage();
    const itemOf = (id: string): CatalogItem => ({
      itemId: itemId(id),
      title: id,
      kind: 'course',
      category: [],
      tags: [],
      price: 49,
      currency: 'EUR',
      repurchase: { kind: 'once' },
      attributes: {},
      hidden: false,
      updatedAt: '2026-06-01T00:00:00.000Z',
      createdAt: '2026-06-01T00:00:00.000Z',
    });
    const campaign = { ...couponCampaign, recommendationsCount: 3 };
    const deliver = (items: readonly CatalogItem[]) =>
      deliverOne(campaign, memberOf('ada'), recordOf('ada'), {
        ...stage.context,
        assortment: async () => createAssortment(undefined, items, new Set()),
      });
    // Prepared, sending, sent, settled: then it dies.
    stage.crashAfter(4);
    await expect(deliver([itemOf('statistics')])).rejects.toThrow(Crash);
    expect(stage.events).toEqual([]);
    stage.crashAfter(undefined);
    // The catalogue is another by now; the mail went out with what it was.
    stage.setNow(noonMs + dayMs);
    expect(await deliver([itemOf('law')])).toEqual({ kind: 'already' });
    expect(await deliver([itemOf('law')])).toEqual({ kind: 'already' });
    expect(stage.mailer.sent).toHaveLength(1);
    const served = stage.events.filter(({ event }) => event === 'Reprise Recommendation Served');
    expect(served).toHaveLength(2);
    expect(new Set(served.map(({ messageId, timestamp }) => `${messageId} ${timestamp}`)).size).toBe(1);
    expect(served[0]).toMatchObject({
      timestamp: '2026-06-10T12:00:00.000Z',
      properties: { items: [{ itemId: 'statistics', rank: 1 }] },
    });
  });
});

describe('links that a template writes bare', () => {
  it('carry the decision in HTML and text where they lead to the shop, Liquid-made ones too; the way out does not', async () => {
    const stage = createStage();
    const context = {
      ...stage.context,
      settings: { ...stage.context.settings, shopHosts: ['shop.example'] },
    };
    const bare = {
      subject: 's',
      html: '<a href="https://shop.example/c/{{ customer.id }}?for={{ customer.id | append: "&x" | url_encode }}#top">Go</a> <a href="{{ unsubscribeUrl }}">Stop</a>',
      text: 'Go: https://{{ "shop" }}.example/c/{{ customer.id }}. Stop: {{ unsubscribeUrl }}',
    };
    const campaign: Campaign = {
      ...couponCampaign,
      variants: [
        { name: 'coupon', weight: 1, action: { kind: 'reminder', templates: { en: bare, 'zh-CN': bare } } },
      ],
    };
    await deliverOne(campaign, memberOf('ada'), recordOf('ada'), context);
    const { html, text } = only(stage.mailer.sent);
    expect(html).toContain('href="https://shop.example/c/ada?for=ada%26x&amp;reprise=decision-ada#top"');
    expect(text).toContain('Go: https://shop.example/c/ada?reprise=decision-ada. Stop');
    for (const part of [html, text]) {
      expect(part).toMatch(/https:\/\/api\.example\/v1\/unsubscribe\/[^?"]+("|$)/m);
    }
  });
});

describe('exactly one mail', () => {
  it('sends once however often it is asked', async () => {
    const stage = createStage();
    await deliver(stage);
    expect(await deliver(stage)).toEqual({ kind: 'already' });
    expect(stage.mailer.sent).toHaveLength(1);
    expect(new Set(stage.events.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('sends once when ten attempts run at the same time', async () => {
    const stage = createStage();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => deliver(stage)));
    expect(outcomes.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
    expect(stage.mailer.sent).toHaveLength(1);
    expect(stage.table.coupons.size).toBe(1);
  });

  it('never sends two mails or issues two codes, wherever the process dies, and always comes to an end', async () => {
    const whole = createStage();
    await deliver(whole);
    const steps = whole.changes();
    // prepare, sending, mail, sent, event
    expect(steps).toBe(5);
    for (let first = 1; first <= steps; first++) {
      for (let second = 1; second <= steps; second++) {
        const stage = createStage();
        for (const dieAfter of [first, second]) {
          stage.crashAfter(dieAfter);
          await deliver(stage).catch(() => undefined);
          stage.setNow(stage.context.clock.nowMs() + sendingAttemptMs);
        }
        stage.crashAfter(undefined);
        const last = await deliver(stage);
        const label = `died after ${first} and ${second}`;
        expect(stage.mailer.sent.length, label).toBeLessThanOrEqual(1);
        expect(stage.table.coupons.size, label).toBe(1);
        const delivery = only(stage.table.deliveries.values());
        expect(['sent', 'unknown'], label).toContain(delivery.status);
        expect(['sent', 'already', 'unknown'], label).toContain(last.kind);
        expect(only(stage.table.coupons.values()).code, label).toBe(delivery.couponCode);
        expect(
          stage.events.some(({ properties }) => properties.status === delivery.status),
          label,
        ).toBe(true);
        if (delivery.status === 'sent') {
          expect(stage.mailer.sent, label).toHaveLength(1);
          expect(stage.mailer.sent[0].html, label).toContain(delivery.couponCode);
        }
      }
    }
  });

  it('goes on with the stored code after dying between coupon and send', async () => {
    const stage = createStage();
    stage.crashAfter(1);
    await expect(deliver(stage)).rejects.toThrow();
    const { code } = only(stage.table.coupons.values());
    stage.crashAfter(undefined);
    expect(await deliver(stage)).toEqual({ kind: 'sent' });
    expect(only(stage.mailer.sent).text).toContain(code);
  });

  it('leaves an attempt that may still be under way alone, and calls it unknown when its time is over', async () => {
    const stage = createStage();
    stage.crashAfter(3);
    await expect(deliver(stage)).rejects.toThrow();
    stage.crashAfter(undefined);
    expect(await deliver(stage)).toEqual({
      kind: 'deferred',
      reason: 'being-sent',
      untilMs: noonMs + sendingAttemptMs,
    });
    stage.setNow(noonMs + sendingAttemptMs);
    expect(await deliver(stage)).toEqual({ kind: 'unknown', reason: 'interrupted' });
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('does not send again when SES gave no answer', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throws', error: new Error('socket hang up') });
    expect(await deliver(stage)).toEqual({ kind: 'unknown', reason: 'Error: socket hang up' });
    expect(await deliver(stage)).toEqual({ kind: 'unknown', reason: 'Error: socket hang up' });
    expect(stage.mailer.sent).toEqual([]);
  });

  it('keeps the code of a throttled mail and sends it later', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throttled', message: 'Maximum sending rate exceeded.' });
    expect(await deliver(stage)).toMatchObject({ kind: 'deferred', reason: 'throttled' });
    const { code } = only(stage.table.coupons.values());
    expect(await deliver(stage)).toEqual({ kind: 'sent' });
    expect(only(stage.mailer.sent).text).toContain(code);
  });

  it('never tries a rejected mail again', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'rejected', message: 'MessageRejected: not verified' });
    expect(await deliver(stage)).toEqual({ kind: 'failed', reason: 'MessageRejected: not verified' });
    expect(await deliver(stage)).toEqual({ kind: 'failed', reason: 'MessageRejected: not verified' });
    expect(stage.mailer.sent).toEqual([]);
  });

  it('stops a prepared mail when the customer unsubscribes before it is sent', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    await deliver(stage);
    const off = recordOf('ada', { suppressed: { email: { reason: 'unsubscribed', atMs: noonMs } } });
    const outcome = await deliverOne(couponCampaign, memberOf('ada'), off, stage.context);
    expect(outcome).toEqual({ kind: 'suppressed', reason: 'unsubscribed' });
    expect(stage.mailer.sent).toEqual([]);
  });

  it('does not send a code for everybody, or for friends, that ended before this message', async () => {
    const reward = {
      discount: { kind: 'percent', percent: 15 },
      expiresAfterDays: 30,
      redemptionsPerCodeMax: 1,
      redemptionsPerCustomerMax: 1,
    } as const;
    for (const change of [{ sharedCode: 'SPRING' }, { referral: { reward, waitDays: 14, rewardsMax: 5 } }]) {
      const stage = createStage();
      const [first] = couponCampaign.variants;
      if (first.action.kind !== 'coupon') throw new Error('the first variant sends a coupon');
      const action = { ...first.action, offer: { ...first.action.offer, ...change } };
      const campaign = {
        ...couponCampaign,
        trigger: {
          kind: 'recurring' as const,
          everyDays: 1,
          startsAt: '2026-06-10T12:00:00.000Z',
          endsAt: '2027-06-10T12:00:00.000Z',
        },
        variants: [{ ...first, weight: 1, action }],
      };
      const at = (ms: number, runId: string) => {
        stage.setNow(ms);
        const member = { ...memberOf('ada'), assignedAt: new Date(ms).toISOString() };
        return deliverOne(campaign, member, recordOf('ada'), { ...stage.context, runId });
      };
      expect(await at(noonMs, 'run-1')).toEqual({ kind: 'sent' });
      expect(await at(noonMs + 6 * dayMs, 'run-2')).toEqual({ kind: 'sent' });
      expect(await at(noonMs + 7 * dayMs, 'run-3')).toEqual({ kind: 'suppressed', reason: 'offer-expired' });
      expect(stage.mailer.sent).toHaveLength(2);
    }
  });

  it('does not send a coupon that expired while the mail waited', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    await deliver(stage);
    stage.setNow(noonMs + 7 * dayMs);
    expect(await deliver(stage)).toEqual({ kind: 'suppressed', reason: 'offer-expired' });
  });

  it('mails again in another run of a recurring campaign, and only there', async () => {
    const recurring = {
      ...couponCampaign,
      trigger: {
        kind: 'recurring' as const,
        everyDays: 30,
        startsAt: '2026-06-10T12:00:00.000Z',
        endsAt: '2027-06-10T12:00:00.000Z',
      },
    };
    for (const [campaign, mails] of [
      [recurring, 2],
      [couponCampaign, 1],
    ] as const) {
      const stage = createStage();
      await deliverOne(campaign, memberOf('ada'), recordOf('ada'), stage.context);
      stage.setNow(noonMs + 30 * dayMs);
      const later = { ...memberOf('ada'), assignedAt: '2026-07-10T12:00:00.000Z' };
      await deliverOne(campaign, later, recordOf('ada'), { ...stage.context, runId: 'run-2' });
      expect(stage.mailer.sent).toHaveLength(mails);
    }
  });
});
