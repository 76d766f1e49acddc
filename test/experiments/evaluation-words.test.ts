import { describe, expect, test } from 'vitest';
import type { OffPolicy, OffPolicyValue } from '../../lib/experiments/off-policy.ts';
import type { EvaluationRequest } from '../../lib/experiments/policy/evaluation.ts';
import { sentenceOn } from '../../lib/experiments/policy/evaluation-words.ts';

const request: EvaluationRequest = {
  policy: { kind: 'recommendations', explorationDepth: 3 },
  from: '2026-11-25T22:00:00.000Z',
  to: '2026-11-26T00:00:00.000Z',
  outcome: 'order',
  windowDays: 3,
};
const value = (center: number, halfWidth: number): OffPolicyValue => ({
  kind: 'off-policy',
  value: center,
  standardError: halfWidth / 1.96,
  low: center - halfWidth,
  high: center + halfWidth,
});
const found = (mean: number, gain: OffPolicyValue): OffPolicy => ({
  weights: {
    rows: 14_000,
    effectiveRows: 13_600,
    effectiveClusters: 1_200,
    mean,
    meanError: 0.002,
    largest: 2,
  },
  logged: value(0.1, 0.01),
  ips: value(0.1 * mean, 0.01),
  snips: value(0.1, 0.01),
  doublyRobust: value(0.1, 0.01),
  gain,
});

describe('the sentence on a policy', () => {
  // 5% of what it does was never shown; worth nothing, the value of 10% would be 0.5 points less.
  test('does not call better what is so only if the unseen part is as good as the rest', () => {
    const { en, 'zh-CN': zh } = sentenceOn(found(0.95, value(0.004, 0.002)), request);
    expect(en).toContain('cannot tell the two apart: they never showed 5.0%');
    expect(zh).toContain('新策略有 5.0%');
  });

  test('nor worse', () => {
    expect(sentenceOn(found(0.95, value(-0.004, 0.002)), request).en).toContain('never showed 5.0%');
  });

  test('calls better what stands with the unseen part worth nothing, or with all seen', () => {
    expect(sentenceOn(found(0.95, value(0.009, 0.002)), request).en).toContain('Better by the logs');
    expect(sentenceOn(found(0.997, value(0.004, 0.002)), request).en).toContain('Better by the logs');
    expect(sentenceOn(found(1.004, value(-0.004, 0.002)), request).en).toContain('Worse by the logs');
  });
});
