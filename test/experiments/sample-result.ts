// A result with nothing in it, for tests of what keeps and lists results.

import { campaignId } from '../../lib/base/ids.ts';
import type { CampaignResult, TestResult } from '../../lib/experiments/result.ts';

export const emptyTest: TestResult = {
  look: 1,
  final: false,
  asOf: '2026-01-31T00:00:00.000Z',
  windowDays: 30,
  currency: null,
  reference: null,
  arms: [],
  sampleRatio: { arms: [], expected: [], observed: [], pValue: null, ok: true },
  metrics: [],
  segments: [],
  segmentDifferences: [],
  weeks: [],
  harm: [],
  decision: 'continue',
  winner: null,
  sentence: { en: '', 'zh-CN': '' },
  attributed: { coupon: [], click: [] },
  checks: [],
};

export const emptyResult = (change: Partial<CampaignResult> = {}): CampaignResult => ({
  campaignId: campaignId('c'),
  runId: 'run-1',
  ...emptyTest,
  ...change,
});
