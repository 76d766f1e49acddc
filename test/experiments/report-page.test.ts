import { describe, expect, test } from 'vitest';
import { campaignId } from '../../lib/base/ids.ts';
import type { CampaignReport } from '../../lib/experiments/campaign-report.ts';
import { reportCsv } from '../../lib/experiments/report-csv.ts';
import { reportPage } from '../../lib/experiments/report-page.ts';
import { allRuns } from '../../lib/experiments/result.ts';
import { customerCounts } from '../../lib/outcomes/funnel-counts.ts';

/** One treated customer to whom nothing was sent. */
const waiting = customerCounts('treated', [], false, undefined);
const report = (change: Partial<CampaignReport>, arm = 'A', counts = waiting): CampaignReport => ({
  campaignId: campaignId('spring'),
  name: 'Spring',
  status: 'running',
  asOf: '2026-03-01T00:00:00.000Z',
  windowDays: 30,
  hasJourneys: false,
  costs: { currency: 'USD', mail: 0.0001, push: 0 },
  sentence: null,
  total: { customers: [{ runId: allRuns, phase: 'test', arm, role: 'treated', counts }], messages: [] },
  deferred: 0,
  analysis: null,
  runsCount: 2,
  runs: [],
  ...change,
});

describe('what the page says of those without a message', () => {
  test('they may still get one while the campaign runs or is paused', () => {
    for (const status of ['running', 'paused'] as const) {
      expect(reportPage(report({ status, deferred: 1 }), [], 'en')).toContain(
        '1 have no message yet (1 of them wait for a known time). The parts',
      );
    }
  });

  test('nobody waits any more once it was cancelled or is over', () => {
    for (const status of ['cancelled', 'finished'] as const) {
      const page = reportPage(report({ status, deferred: 1 }), [], 'en');
      expect(page).toContain('and 1 had got no message when the campaign ended. The parts');
      expect(page).not.toContain('wait for a known time');
      expect(reportPage(report({ status }), [], 'zh-CN')).toContain('1 位在活动结束时未收到消息');
    }
  });

  test('a rollout goes on after the finish', () => {
    const rollout = report({ status: 'finished', deferred: 1 });
    const [cell] = rollout.total.customers;
    const total = { customers: [{ ...cell, phase: 'rollout' as const }], messages: [] };
    expect(reportPage({ ...rollout, total }, [], 'en')).toContain('1 have no message yet (1 of them');
  });

  test('a path through a journey may have none', () => {
    expect(reportPage(report({ hasJourneys: true }), [], 'en')).toContain(
      '1 have had no message so far: they wait in a journey, or their path through it has none.',
    );
  });
});

test('without an effect over all runs the page says why', () => {
  expect(reportPage(report({}), [], 'en')).toContain('The campaign repeats and has not ended');
  expect(reportPage(report({ status: 'cancelled' }), [], 'en')).toContain(
    'The campaign was cancelled: what all',
  );
  expect(reportPage(report({ runsCount: 0 }), [], 'en')).toContain('Nobody has been assigned yet');
});

describe('the CSV in a spreadsheet', () => {
  const lines = (arm: string, counts = waiting): string[] => reportCsv(report({}, arm, counts)).split('\r\n');

  test('shows Chinese, which Excel reads as UTF-8 after a byte order mark alone', () => {
    const [head, row] = lines('提醒');
    expect(head.startsWith('\uFEFFrun,phase')).toBe(true);
    expect(row).toBe(`${allRuns},test,customers,提醒,treated,,,customers,,1`);
  });

  test.each(['=1+1', '+1+1', '-A1', '@SUM(A1)', '＝1+1', '\t=1', '\r=1', '\n=1'])(
    'takes an arm called %j for a text and not for a formula',
    (arm) => {
      expect(reportCsv(report({}, arm))).toContain(`,"'${arm}",treated,`);
    },
  );

  test('shows money without what is left from adding up fractions', () => {
    expect(lines('A', { ...waiting, revenue: 0.1 + 0.2 })).toContain(
      `${allRuns},test,customers,A,treated,,,revenue,,0.3`,
    );
  });
});
