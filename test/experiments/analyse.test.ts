import { describe, expect, test } from 'vitest';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import type { Variant } from '../../lib/campaigns/campaign.ts';
import { analyse } from '../../lib/experiments/analyse.ts';
import { campaignDesign, type DesignedCampaign } from '../../lib/experiments/design.ts';
import { comparisonOf, primaryOf, type TestResult } from '../../lib/experiments/result.ts';
import type { LookAt } from '../../lib/experiments/sequential.ts';
import type { RunOutcomes } from '../../lib/outcomes/collect.ts';
import { type ArmSummary, emptySummary } from '../../lib/outcomes/summary.ts';
import { armSums } from './arm-sums.ts';

const templates = { en: { subject: 'Back?', html: '<p>Back?</p>', text: 'Back?' } };
const reminder = (name: string, weight: number): Variant => ({
  name,
  weight,
  action: { kind: 'reminder', templates },
});
const none = (name: string, weight: number): Variant => ({ name, weight, action: { kind: 'none' } });

const campaign: DesignedCampaign = {
  variants: [reminder('B', 1)],
  holdoutShare: 0.5,
  windowDays: 30,
  metrics: defaultMetrics,
};
const finalLook: LookAt = { look: 2, final: true, asOf: '2026-03-01T00:00:00.000Z' };
const interim: LookAt = { ...finalLook, look: 1, final: false };

const arm = (customers: number, conversions: number, more: Partial<ArmSummary> = {}): ArmSummary => ({
  ...emptySummary,
  customers,
  conversions,
  orders: conversions,
  revenueSum: conversions * 20,
  revenueSumSquares: conversions * 500,
  sent: customers,
  ...more,
});
const outcomes = (
  arms: { readonly [name: string]: ArmSummary },
  more: Partial<RunOutcomes> = {},
): RunOutcomes => ({
  arms: new Map(Object.entries(arms)),
  sums: new Map(Object.entries(arms).map(([name, summary]) => [name, armSums(summary)])),
  segments: new Map(),
  weeks: new Map(),
  days: new Map(),
  conflictsCount: 0,
  currencies: ['USD'],
  refundsWithoutOrderCount: 0,
  ...more,
});
const judge = (of: DesignedCampaign, seen: RunOutcomes, look: LookAt): TestResult =>
  analyse(campaignDesign(of), seen, look);
const codes = (result: TestResult): (string | undefined)[] =>
  primaryOf(result).comparisons.map(({ estimate }) =>
    estimate.kind === 'no-estimate' ? estimate.code : undefined,
  );

describe('a final look', () => {
  const raised = judge(campaign, outcomes({ holdout: arm(10_000, 810), B: arm(10_000, 940) }), finalLook);

  test('says in one sentence by how much the variant raised repurchase, in both languages', () => {
    expect(raised.sentence.en).toBe(
      'Variant B raised 30-day repurchase from 8.1% to 9.4%, +1.3 points (95% interval +0.5 to +2.1). Worth rolling out.',
    );
    expect(raised.sentence['zh-CN']).toBe(
      '变体 B 使 30 天复购率从 8.1% 提高到 9.4%，变化 +1.3 个百分点（95% 置信区间 +0.5 至 +2.1）。值得推广。',
    );
  });

  test('rolls out a variant whose benefit is shown', () => {
    expect(raised).toMatchObject({ decision: 'roll-out', winner: 'B', reference: 'holdout' });
  });

  test('gives the same again from its JSON', () => {
    expect(JSON.parse(JSON.stringify(raised))).toEqual(raised);
  });

  test('keeps holding when every variant is shown to do harm', () => {
    const result = judge(campaign, outcomes({ holdout: arm(10_000, 940), B: arm(10_000, 810) }), finalLook);
    expect(result).toMatchObject({ decision: 'keep-holding', winner: null });
    expect(result.sentence.en).toContain('lowered 30-day repurchase from 9.4% to 8.1%, −1.3 points');
  });

  test('is inconclusive when the interval holds 0, and does not call that no effect', () => {
    const result = judge(campaign, outcomes({ holdout: arm(1_000, 81), B: arm(1_000, 90) }), finalLook);
    expect(result.decision).toBe('inconclusive');
    expect(result.sentence.en).toContain('the data do not tell whether it helps or harms');
  });

  test('does not roll out a variant that complaints speak against', () => {
    const result = judge(
      campaign,
      outcomes({ holdout: arm(10_000, 810), B: arm(10_000, 940, { complaints: 60 }) }),
      finalLook,
    );
    expect(result).toMatchObject({ decision: 'keep-holding', winner: null });
    expect(result.sentence.en).toContain('complaints of variant B at 0.60% stand against rolling it out');
  });

  test('asks more of each variant the more variants there are', () => {
    const many: DesignedCampaign = {
      ...campaign,
      holdoutShare: 0.2,
      variants: ['A', 'B', 'C', 'D'].map((name) => reminder(name, 0.25)),
    };
    const alone = judge(campaign, outcomes({ holdout: arm(2_000, 160), B: arm(2_000, 197) }), finalLook);
    const among = judge(
      many,
      outcomes({
        holdout: arm(2_000, 160),
        A: arm(2_000, 161),
        B: arm(2_000, 197),
        C: arm(2_000, 165),
        D: arm(2_000, 158),
      }),
      finalLook,
    );
    expect(alone.decision).toBe('roll-out');
    expect(among.decision).toBe('inconclusive');
    const single = comparisonOf(among, 'repurchase', 'B');
    expect(single?.adjustedPValue).toBeCloseTo(4 * (primaryOf(alone).comparisons[0].adjustedPValue ?? 0), 12);
    // The interval of B alone excludes 0; the sentence must say why that is not enough here.
    expect(single?.estimate.kind === 'estimate' && single.estimate.low).toBeGreaterThan(0);
    expect(among.sentence.en).toMatch(/not beyond chance \(adjusted p = 0\.\d{3}\)\.$/);
    expect(among.sentence.en).not.toContain('raised');
    expect(among.sentence['zh-CN']).toContain('尚不能排除偶然');
  });

  test('compares with a none variant where there is no holdout', () => {
    const result = judge(
      { ...campaign, holdoutShare: 0, variants: [reminder('B', 0.5), none('nothing', 0.5)] },
      outcomes({ nothing: arm(10_000, 810, { sent: 0 }), B: arm(10_000, 940) }),
      finalLook,
    );
    expect(result.reference).toBe('nothing');
    expect(primaryOf(result).comparisons.map(({ arm: name }) => name)).toEqual(['B']);
  });

  test('shows the global holdout beside the arms and compares nothing with it', () => {
    const result = judge(
      campaign,
      outcomes({ holdout: arm(10_000, 810), B: arm(10_000, 940), 'global-holdout': arm(3_000, 100) }),
      finalLook,
    );
    expect(result.arms.map(({ arm: name, role }) => [name, role])).toEqual([
      ['holdout', 'holdout'],
      ['B', 'variant'],
      ['global-holdout', 'global-holdout'],
    ]);
    expect(primaryOf(result).comparisons).toEqual(primaryOf(raised).comparisons);
    expect(result.sampleRatio.arms).toEqual(['holdout', 'B']);
  });
});

describe('there is no estimate, with its reason', () => {
  test('while the window is open', () => {
    const result = judge(campaign, outcomes({ holdout: arm(10_000, 810), B: arm(10_000, 940) }), interim);
    expect(codes(result)).toEqual(['window-open']);
    expect(result.decision).toBe('continue');
  });

  test('without an untreated arm', () => {
    const result = judge({ ...campaign, holdoutShare: 0 }, outcomes({ B: arm(1_000, 80) }), finalLook);
    expect(primaryOf(result).comparisons).toEqual([]);
    expect(result.decision).toBe('inconclusive');
    expect(result.sentence.en).toContain('nothing to compare with');
  });

  test('when no variant sends anything', () => {
    const result = judge(
      { ...campaign, variants: [none('nothing', 1)] },
      outcomes({ holdout: arm(500, 40), nothing: arm(500, 44) }),
      finalLook,
    );
    expect(result.sentence.en).toContain('No variant sends anything');
  });

  test('when the arms are not as large as designed, however clear the difference looks', () => {
    const result = judge(campaign, outcomes({ holdout: arm(10_000, 810), B: arm(9_000, 1_800) }), finalLook);
    expect(result.sampleRatio.ok).toBe(false);
    expect(codes(result)).toEqual(['sample-ratio-mismatch']);
    expect(result).toMatchObject({ decision: 'inconclusive', winner: null });
  });

  test('when customers were found in two arms', () => {
    const result = judge(
      campaign,
      outcomes({ holdout: arm(10_000, 810), B: arm(10_000, 940) }, { conflictsCount: 1 }),
      finalLook,
    );
    expect(codes(result)).toEqual(['assignment-conflict']);
    expect(result.checks.find(({ name }) => name === 'one-arm-each')?.ok).toBe(false);
  });

  test('for an arm of 49, but for one of 50', () => {
    const small = judge(campaign, outcomes({ holdout: arm(49, 10), B: arm(49, 12) }), finalLook);
    expect(codes(small)).toEqual(['arm-too-small']);
    const enough = judge(campaign, outcomes({ holdout: arm(50, 10), B: arm(50, 12) }), finalLook);
    expect(codes(enough)).toEqual([undefined]);
  });

  test('when nobody bought anything', () => {
    const result = judge(campaign, outcomes({ holdout: arm(500, 0), B: arm(500, 0) }), finalLook);
    expect(codes(result)).toEqual(['no-variance']);
  });

  test('of revenue in several currencies or from few buyers, while the repurchase rate is still compared', () => {
    const mixed = judge(
      campaign,
      outcomes({ holdout: arm(500, 40), B: arm(500, 44) }, { currencies: ['CNY', 'USD'] }),
      finalLook,
    );
    expect(codes(mixed)).toEqual([undefined]);
    expect(comparisonOf(mixed, 'revenue', 'B')?.estimate).toMatchObject({ code: 'several-currencies' });
    expect(mixed.arms[0].revenue).toEqual({ total: null, mean: null, standardDeviation: null });
    const few = judge(campaign, outcomes({ holdout: arm(500, 9), B: arm(500, 44) }), finalLook);
    expect(comparisonOf(few, 'revenue', 'B')?.estimate).toMatchObject({ code: 'too-few-conversions' });
  });

  test('for the rate of an arm nobody was assigned to', () => {
    const result = judge(campaign, outcomes({}), finalLook);
    expect(result.arms.map(({ repurchaseRate }) => repurchaseRate)).toEqual([null, null]);
    expect(codes(result)).toEqual(['arm-too-small']);
  });
});

describe('an interim look', () => {
  test('stops for harm only beyond one-sided p < 0.001', () => {
    const at = (conversions: number) =>
      judge(campaign, outcomes({ holdout: arm(5_000, 400), B: arm(5_000, conversions) }), interim);
    // Two-sided p of 340 against 400 is 0.02: shown at a final look, no reason to stop early.
    expect(at(340).decision).toBe('continue');
    expect(at(290).decision).toBe('stop-for-harm');
    expect(at(290).sentence.en).toBe(
      'Stopped for harm: repurchase of variant B at 5.80% against 8.00% without it (one-sided p < 0.001).',
    );
  });

  test('never declares a winner', () => {
    const result = judge(campaign, outcomes({ holdout: arm(5_000, 100), B: arm(5_000, 900) }), interim);
    expect(result).toMatchObject({ decision: 'continue', winner: null });
  });

  test('stops for complaints even where repurchase cannot be trusted', () => {
    const result = judge(
      campaign,
      outcomes({ holdout: arm(5_000, 400), B: arm(4_000, 300, { complaints: 20 }) }),
      interim,
    );
    expect(result.sampleRatio.ok).toBe(false);
    expect(result.harm.map(({ measure }) => measure)).toEqual(['complaints', 'unsubscribes']);
    expect(result.decision).toBe('stop-for-harm');
  });

  test('tolerates unsubscribes up to one mail in fifty', () => {
    const at = (unsubscribes: number) =>
      judge(campaign, outcomes({ holdout: arm(5_000, 400), B: arm(5_000, 400, { unsubscribes }) }), interim);
    expect(at(100).decision).toBe('continue');
    expect(at(150).decision).toBe('stop-for-harm');
  });
});
