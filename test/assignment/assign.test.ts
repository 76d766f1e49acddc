import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssignmentDesign, assign, bucket, campaignShares } from '../../lib/assignment/assign.ts';
import { customerId } from '../../lib/base/ids.ts';
import { chiSquareSurvival } from '../../lib/numeric/distributions.ts';

const design: AssignmentDesign = {
  campaignSalt: 'spring',
  holdoutShare: 0.2,
  variants: [
    { name: 'A', weight: 0.5 },
    { name: 'B', weight: 0.3 },
    { name: 'C', weight: 0.2 },
  ],
  globalSalt: 'workspace',
  globalPurpose: 'global-holdout',
  globalHoldoutShare: 0.05,
};
const customers = (count: number, prefix = 'customer') =>
  Array.from({ length: count }, (_, i) => customerId(`${prefix}-${i}`));

const chiSquare = (observed: readonly number[], expected: readonly number[]): number =>
  observed.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);

const tally = (ids: ReturnType<typeof customers>, of: AssignmentDesign): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const { arm } = assign(id, of);
    counts.set(arm, (counts.get(arm) ?? 0) + 1);
  }
  return counts;
};

const expectedShares = new Map([
  ['global-holdout', 0.05],
  ['holdout', 0.95 * 0.2],
  ['A', 0.95 * 0.8 * 0.5],
  ['B', 0.95 * 0.8 * 0.3],
  ['C', 0.95 * 0.8 * 0.2],
]);

describe('assignment', () => {
  test('the bucket is the first 53 bits of SHA-256, checked against a bigint reading of the digest', () => {
    const digest = createHash('sha256').update('campaign\nspring\n学员-1', 'utf8').digest('hex');
    const bits = BigInt(`0x${digest}`) >> 203n;
    expect(bucket('campaign', 'spring', customerId('学员-1'))).toBe(Number(bits) / 2 ** 53);
  });

  test('a customer keeps the arm, whatever else is assigned before', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (id, salt) => {
        const once = assign(customerId(id), { ...design, campaignSalt: salt });
        assign(customerId(`${id}x`), design);
        expect(assign(customerId(id), { ...design, campaignSalt: salt })).toEqual(once);
      }),
    );
  });

  test('the propensity is the probability of the arm under the design', () => {
    const seen = new Map<string, number>();
    for (const id of customers(2_000)) {
      const { arm, propensity } = assign(id, design);
      seen.set(arm, propensity);
    }
    expect(seen.size).toBe(5);
    for (const [arm, share] of expectedShares) {
      expect(seen.get(arm)).toBeCloseTo(share, 12);
    }
  });

  test('arms fill in proportion to their propensity: χ² over 200 salts rejects 5% about 5% of the time', () => {
    const ids = customers(2_000);
    let rejected = 0;
    let total = 0;
    for (let salt = 0; salt < 200; salt++) {
      const counts = tally(ids, { ...design, campaignSalt: `c${salt}`, globalSalt: `g${salt}` });
      const observed = [...expectedShares.keys()].map((arm) => counts.get(arm) ?? 0);
      const statistic = chiSquare(
        observed,
        [...expectedShares.values()].map((share) => share * ids.length),
      );
      total += statistic;
      rejected += chiSquareSurvival(statistic, 4) < 0.05 ? 1 : 0;
    }
    // Binomial(200, 0.05): 10 ± 3.08; four standard deviations. Mean of 200 χ²(4): 4 ± 0.2.
    expect(rejected).toBeLessThanOrEqual(22);
    expect(total / 200).toBeGreaterThan(3.2);
    expect(total / 200).toBeLessThan(4.8);
  });

  test('two campaigns assign independently of each other', () => {
    const even: AssignmentDesign = {
      ...design,
      holdoutShare: 0.5,
      globalHoldoutShare: 0,
      variants: [{ name: 'A', weight: 1 }],
    };
    const ids = customers(4_000);
    let rejected = 0;
    for (let pair = 0; pair < 100; pair++) {
      const cells = [0, 0, 0, 0];
      for (const id of ids) {
        const first = assign(id, { ...even, campaignSalt: `left${pair}` }).arm === 'A' ? 1 : 0;
        const second = assign(id, { ...even, campaignSalt: `right${pair}` }).arm === 'A' ? 1 : 0;
        cells[first * 2 + second]++;
      }
      const rows = [cells[0] + cells[1], cells[2] + cells[3]];
      const columns = [cells[0] + cells[2], cells[1] + cells[3]];
      const expected = [0, 1, 2, 3].map((cell) => (rows[cell >> 1] * columns[cell & 1]) / ids.length);
      rejected += chiSquareSurvival(chiSquare(cells, expected), 1) < 0.05 ? 1 : 0;
    }
    // Binomial(100, 0.05): four standard deviations above 5.
    expect(rejected).toBeLessThanOrEqual(13);
  });

  test('the global holdout is the same customers in every campaign', () => {
    const heldOut = (campaignSalt: string) =>
      customers(5_000).filter((id) => assign(id, { ...design, campaignSalt }).arm === 'global-holdout');
    expect(heldOut('spring')).toEqual(heldOut('autumn'));
    expect(heldOut('spring').length).toBeGreaterThan(0);
  });

  test('a larger global share keeps everyone who was held out before', () => {
    const small = customers(5_000).filter((id) => assign(id, design).arm === 'global-holdout');
    for (const id of small) {
      expect(assign(id, { ...design, globalHoldoutShare: 0.2 }).arm).toBe('global-holdout');
    }
  });

  test('without shares nobody is held out, and an arm of weight 0 gets nobody', () => {
    const counts = tally(customers(3_000), {
      ...design,
      holdoutShare: 0,
      globalHoldoutShare: 0,
      variants: [
        { name: 'A', weight: 0 },
        { name: 'B', weight: 1 },
        { name: 'C', weight: 0 },
      ],
    });
    expect([...counts]).toEqual([['B', 3_000]]);
  });

  test('a design whose weights do not sum to 1, or that uses a reserved name, is refused', () => {
    const id = customerId('x');
    const bad = [
      [{ name: 'A', weight: 0.9 }],
      [{ name: 'holdout', weight: 1 }],
      [{ name: 'A', weight: Number.NaN }],
      [],
    ];
    for (const variants of bad) {
      expect(() => assign(id, { ...design, variants })).toThrow('assignment-design-invalid');
    }
    expect(() => assign(id, { ...design, holdoutShare: 1.1 })).toThrow('assignment-design-invalid');
  });

  test('campaign shares sum to 1 and name the holdout only where there is one', () => {
    const shares = campaignShares(design);
    expect([...shares.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(shares.get('holdout')).toBe(0.2);
    expect(campaignShares({ ...design, holdoutShare: 0 }).has('holdout')).toBe(false);
  });
});
