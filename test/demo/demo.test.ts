import { describe, expect, it } from 'vitest';
import { mimeOf } from '../../lib/adapters/mailer-ses.ts';
import { campaignId } from '../../lib/base/ids.ts';
import type { CampaignResult } from '../../lib/experiments/result.ts';
import { readMail } from '../../local/demo/mails.ts';
import { describeDemo, table } from '../../local/demo/table.ts';

const mailWith = async (text: string) => ({
  sesMessageId: 'm',
  from: 'shop@example.com',
  to: ['learner-0001@example.com'],
  subject: 'x',
  sentAt: '2026-01-01T00:00:00.000Z',
  tags: {},
  raw: (
    await mimeOf({
      channel: 'email',
      from: 'shop@example.com',
      to: 'learner-0001@example.com',
      subject: 'x',
      html: `<p>${text}</p>`,
      text,
      headers: {},
      tags: {},
    })
  ).toString('utf8'),
});

describe('what a learner reads in a mail', () => {
  it('is the coupon’s code, in either language and however the text is encoded', async () => {
    for (const text of [
      `Your code: 7K2M-9QXA-4TNB\n${'a long line '.repeat(20)}`,
      `${'您的优惠码很长很长'.repeat(12)}: 7K2M-9QXA-4TNB\n有效期至 2030年1月31日`,
    ]) {
      expect(readMail(await mailWith(text))).toEqual({
        email: 'learner-0001@example.com',
        code: '7K2M-9QXA-4TNB',
      });
    }
  });

  it('is no code in a reminder, whatever numbers it has', async () => {
    const mail = await mailWith('What next? 1234-5678 or 2026-01-31, call 0800-1234');
    expect(readMail(mail)).toEqual({ email: 'learner-0001@example.com' });
  });
});

const arm = (name: string, role: 'variant' | 'holdout', customers: number, conversions: number) => ({
  arm: name,
  role,
  treated: role === 'variant',
  customers,
  matured: customers,
  sent: role === 'variant' ? customers : 0,
  suppressed: 0,
  conversions,
  repurchaseRate: conversions / customers,
  revenue: { total: 0, mean: 0, standardDeviation: 0 },
  redemptions: 0,
  unsubscribes: 0,
  complaints: 0,
});

const noEstimate = {
  kind: 'no-estimate',
  code: 'too-few-conversions',
  reason: { en: '', 'zh-CN': '' },
  action: { en: '', 'zh-CN': '' },
} as const;

const result: CampaignResult = {
  campaignId: campaignId('c'),
  runId: 'run-1',
  look: 1,
  final: true,
  asOf: '2026-01-31T00:00:00.000Z',
  windowDays: 30,
  currency: 'USD',
  reference: 'holdout',
  arms: [
    arm('holdout', 'holdout', 600, 72),
    arm('coupon', 'variant', 600, 99),
    arm('reminder', 'variant', 600, 75),
  ],
  sampleRatio: { arms: [], expected: [], observed: [], pValue: 0.5, ok: true },
  metrics: [
    {
      metric: 'repurchase',
      role: 'primary',
      kind: 'share',
      unit: 'share',
      better: 'higher',
      arms: [],
      comparisons: [
        {
          arm: 'coupon',
          reference: 'holdout',
          estimate: {
            kind: 'estimate',
            difference: 0.045,
            low: 0.005,
            high: 0.084,
            standardError: 0.02,
            pValue: 0.0271,
            relativeLift: null,
          },
          adjustedPValue: 0.05,
        },
        { arm: 'reminder', reference: 'holdout', estimate: noEstimate, adjustedPValue: null },
      ],
    },
  ],
  segments: [],
  segmentDifferences: [],
  weeks: [],
  harm: [],
  decision: 'inconclusive',
  winner: null,
  sentence: { en: 'Coupon helps.', 'zh-CN': '' },
  attributed: { coupon: [], click: [] },
  checks: [],
};

describe('the demonstration’s table', () => {
  it('sets the measured difference and its interval beside the truth, and says where there is no estimate', () => {
    const text = describeDemo({
      loaded: { items: 300, events: 1, seconds: 1, buyers: [] },
      trained: { version: 'v', seconds: 1 },
      addressed: 1_800,
      counts: { mails: 1_200, codes: 600, orders: 300, redemptions: 70 },
      result,
      trueEffects: { coupon: 0.041, reminder: 0.0136 },
      seconds: 60,
    });
    const line = (name: string): string[] =>
      (text.split('\n').find((one) => one.startsWith(`${name} `)) ?? '').trim().split(/ {2,}/);
    expect(line('holdout')).toEqual(['holdout', '600', '72', '12.0%', '0', '0']);
    expect(line('coupon')).toEqual([
      'coupon',
      '600',
      '99',
      '16.5%',
      '600',
      '0',
      '+4.5',
      '+0.5 … +8.4',
      '0.0271',
      '+4.1',
    ]);
    expect(line('reminder')).toEqual([
      'reminder',
      '600',
      '75',
      '12.5%',
      '600',
      '0',
      'none: too-few-conversions',
      '+1.4',
    ]);
    expect(text).toContain('Sample ratio: p = 0.500, as designed.');
  });

  it('gives every column the width of its widest cell', () => {
    expect(
      table(
        ['arm', 'n'],
        [
          ['a', '1'],
          ['long name', '1000'],
        ],
      ),
    ).toEqual(['arm           n', '---------  ----', 'a             1', 'long name  1000']);
  });
});
