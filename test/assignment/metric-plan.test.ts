import { describe, expect, test } from 'vitest';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { metricPlanInput } from '../../lib/assignment/metric-plan-input.ts';
import { jointColumnsCountMax, metricsCountMax } from '../../lib/base/limits.ts';
import { covariates } from '../../lib/outcomes/before.ts';
import { columnsOf } from '../../lib/outcomes/measurement.ts';

const ofCampaign = metricPlanInput(true);
const visits = { name: 'visits', event: 'Shop Visited' };
const problems = (given: object, messages = true): readonly string[] =>
  metricPlanInput(messages)
    .safeParse(given)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('a plan of metrics', () => {
  test('has its defaults where nothing is given', () => {
    expect(ofCampaign.parse({})).toEqual(defaultMetrics);
  });

  test('names every metric once: what is given leaves the defaults of the other roles', () => {
    expect(ofCampaign.parse({ primary: 'revenue', guardrails: ['orders'] })).toEqual({
      primary: 'revenue',
      secondary: ['repurchase', 'margin', 'average-order-value'],
      guardrails: ['orders'],
      adjustment: 'cuped',
    });
    expect(ofCampaign.parse({ primary: visits, secondary: [] })).toMatchObject({
      primary: visits,
      secondary: [],
      guardrails: ['unsubscribe', 'complaint', 'refund'],
    });
  });

  test('stays what it is when it is sent again', () => {
    const plan = ofCampaign.parse({ primary: 'orders', winsorize: 0.99, adjustment: 'lin' });
    expect(ofCampaign.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test('of an experiment knows nothing of messages', () => {
    expect(metricPlanInput(false).parse({}).guardrails).toEqual(['refund']);
    expect(problems({ guardrails: ['complaint'] }, false)).toEqual([
      expect.stringMatching(/^guardrails\.0: must be one of repurchase, /),
    ]);
  });

  test.each([
    ['a metric twice', { primary: 'orders', secondary: ['revenue', 'orders'] }, 'secondary.1: orders stands'],
    ['a metric in two lists', { secondary: [visits], guardrails: [visits] }, 'guardrails.0: visits stands'],
    ['a metric that is not known', { primary: 'happiness' }, 'primary: must be one of repurchase, revenue'],
    [
      'what only the treated can do as the primary one',
      { primary: 'redemption' },
      'primary: is nothing that customers without',
    ],
    ['an own metric with the name of another', { primary: { name: 'orders', event: 'X' } }, 'primary'],
    ['an event of Reprise itself', { primary: { name: 'x', event: 'Reprise Coupon Redeemed' } }, 'primary'],
    ['a cap at the median', { winsorize: 0.5 }, 'winsorize: '],
    ['a key that is not known', { tertiary: [] }, ': '],
  ])('is refused with %s', (_, given, problem) => {
    expect(problems(given)).toEqual([expect.stringContaining(problem)]);
  });

  test('is told of all its problems at once', () => {
    expect(
      problems({
        primary: 'unsubscribe',
        secondary: ['revenue', 'revenue', 'revenu', 7],
        guardrails: 'refund',
        winsorize: 2,
      }).map((problem) => problem.split(':')[0]),
    ).toEqual(['secondary.2', 'secondary.3', 'guardrails', 'winsorize', 'primary', 'secondary.1']);
  });

  test('never has more columns than joint sums hold', () => {
    const many = (role: string) =>
      Array.from({ length: metricsCountMax }, (_, i) => ({ name: `${role}${i}`, event: `${role} ${i}` }));
    const plan = ofCampaign.parse({
      primary: 'revenue',
      secondary: many('second'),
      guardrails: many('guard'),
      winsorize: 0.99,
    });
    expect(columnsOf(plan).length + covariates.length).toBeLessThanOrEqual(jointColumnsCountMax);
  });
});
