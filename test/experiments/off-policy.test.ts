import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { type LoggedRow, offPolicy, replay, supportRefusal } from '../../lib/experiments/off-policy.ts';

const repeated = (rows: readonly LoggedRow[], times: number): LoggedRow[] =>
  Array.from({ length: times }, () => rows).flat();

describe('a policy judged from logs', () => {
  // By hand: weights 0.5, 2 and 1; rewards 1, 1 and 0.
  const three: readonly LoggedRow[] = [
    { reward: 1, propensity: 0.8, target: 0.4, model: { logged: 0.5, target: 0.25 } },
    { reward: 1, propensity: 0.1, target: 0.2, model: { logged: 0.5, target: 0.25 } },
    { reward: 0, propensity: 0.3, target: 0.3, model: { logged: 0.5, target: 0.25 } },
  ];
  const found = offPolicy(repeated(three, 100));

  it('is worth the weighted rewards over the rows, over the weights, or corrected from a model', () => {
    expect(found.ips).toMatchObject({ value: expect.closeTo(2.5 / 3, 12) });
    expect(found.snips).toMatchObject({ value: expect.closeTo(2.5 / 3.5, 12) });
    // (0.25 + 0.25) + (0.25 + 1) + (0.25 − 0.5), over 3.
    expect(found.doublyRobust).toMatchObject({ value: expect.closeTo(1.5 / 3, 12) });
  });

  it('says how many rows the logs are worth, and the largest weight', () => {
    expect(found.weights).toMatchObject({
      rows: 300,
      effectiveRows: expect.closeTo((100 * 3.5 ** 2) / 5.25, 9),
      mean: expect.closeTo(3.5 / 3, 12),
      largest: 2,
    });
  });

  it('with clipped weights counts none beyond the clip', () => {
    expect(offPolicy(repeated(three, 100), 1).ips).toMatchObject({ value: expect.closeTo(1.5 / 3, 12) });
  });

  it('itself is its mean reward', () => {
    const same = repeated(three, 100).map((row) => ({ ...row, target: row.propensity }));
    for (const value of [offPolicy(same).ips, offPolicy(same).snips]) {
      expect(value).toMatchObject({ value: expect.closeTo(2 / 3, 12) });
    }
  });

  it('is refused where the logs are worth fewer than 100 rows of it, or one row carries a tenth of the weight', () => {
    const thin = offPolicy(repeated(three, 10));
    expect(thin.ips).toMatchObject({ kind: 'no-estimate', code: 'logs-too-thin' });
    expect(thin.doublyRobust).toMatchObject({ kind: 'no-estimate' });
    const heavy = offPolicy([...repeated(three, 1_000), { reward: 1, propensity: 1e-3, target: 0.5 }]);
    expect(heavy.weights.effectiveRows).toBeLessThan(100);
    expect(heavy.snips).toMatchObject({ kind: 'no-estimate' });
    expect(offPolicy([]).ips).toMatchObject({ kind: 'no-estimate' });
  });

  it('is refused where clipping alone would make thin logs look thick', () => {
    const thin = [...repeated(three, 40), { reward: 1, propensity: 1e-4, target: 0.5 }];
    expect(offPolicy(thin, 1).ips).toMatchObject({ kind: 'no-estimate', code: 'logs-too-thin' });
  });

  it('counts customers and not rows: rows that repeat say nothing new', () => {
    const single = offPolicy(repeated(three, 200)).ips;
    const clustered = offPolicy(
      repeated(three, 200).flatMap((row, i) =>
        [row, row, row, row].map((one) => ({ ...one, cluster: `c${i}` })),
      ),
    );
    if (single.kind !== 'off-policy' || clustered.ips.kind !== 'off-policy') throw new Error('no estimate');
    expect(clustered.ips.value).toBeCloseTo(single.value, 12);
    expect(clustered.ips.standardError).toBeCloseTo(single.standardError, 12);
    expect(clustered.weights.effectiveRows).toBeCloseTo(4 * clustered.weights.effectiveClusters, 9);
    const few = repeated(three, 200).map((row, i) => ({ ...row, cluster: `c${i % 50}` }));
    expect(offPolicy(few).snips).toMatchObject({ kind: 'no-estimate', code: 'logs-too-thin' });
  });

  it('says what the target earns more than the logged policy on the same rows: nothing where both are one', () => {
    const same = repeated(three, 100).map(({ reward, propensity }) => ({
      reward,
      propensity,
      target: propensity,
    }));
    expect(offPolicy(same).gain).toMatchObject({ value: expect.closeTo(0, 12) });
    const plain = repeated(three, 100).map(({ model: _model, ...row }) => row);
    // SNIPS 2.5/3.5, logged 2/3.
    expect(offPolicy(plain).gain).toMatchObject({ value: expect.closeTo(2.5 / 3.5 - 2 / 3, 12) });
  });

  it('knows by the mean weight when what the target does was never logged', () => {
    // The target does half of the time what the logs never show.
    const half = Array.from({ length: 1_000 }, () => ({ reward: 1, propensity: 1, target: 0.5 }));
    expect(supportRefusal(offPolicy(half).weights)).toMatchObject({ code: 'logs-lack-support' });
    expect(supportRefusal(offPolicy(half.map((row) => ({ ...row, target: 1 }))).weights)).toBeUndefined();
  });

  it('of places that are looked at less: worth is reward over the chance to be looked at', () => {
    // Two places, the second looked at half as often; items a and b worth 0.4 and 0.2. Logged a first with 0.5; target a
    // first always: 0.4 + 0.5 · 0.2 = 0.5 a page, 0.25 a place. Propensity of both: 0.5 + 0.5 · 0.5 = 0.75.
    const row = (worth: number, examined: number, target: number) =>
      [1, 0].flatMap((reward) => {
        const times = Math.round(1_000 * (reward === 1 ? worth * examined : 1 - worth * examined));
        return Array.from({ length: times }, () => ({ reward, propensity: 0.75, target, examined }));
      });
    const rows = [...row(0.4, 1, 1), ...row(0.2, 0.5, 0.5), ...row(0.2, 1, 0.5), ...row(0.4, 0.5, 1)];
    const found = offPolicy(rows);
    for (const value of [found.ips, found.snips])
      expect(value).toMatchObject({ value: expect.closeTo(0.25, 12) });
    expect(found.weights.mean).toBeCloseTo(1, 12);
    expect(found.logged).toMatchObject({ value: expect.closeTo((0.6 * 1.5) / 4, 12) });
  });

  it('needs propensities', () => {
    expect(() => offPolicy([{ reward: 1, propensity: 0, target: 0.5 }])).toThrow(/propensities lie in/);
  });

  it('is found without bias, and covered by the interval as often as it says, by weights and doubly robust', () => {
    // Three actions with click rates 5%, 10% and 20%; logged 70/20/10, target 10/20/70: worth 16.5%.
    const [rates, logged, target] = [
      [0.05, 0.1, 0.2],
      [0.7, 0.2, 0.1],
      [0.1, 0.2, 0.7],
    ];
    const truth = 0.165;
    const random = seededRandom('off-policy');
    const trials = 400;
    const sums = { ips: 0, snips: 0, doublyRobust: 0 };
    const covered = { ips: 0, snips: 0, doublyRobust: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const rows = Array.from({ length: 2_000 }, (): LoggedRow => {
        const u = random.next();
        const action = u < 0.7 ? 0 : u < 0.9 ? 1 : 2;
        const reward = random.next() < rates[action] ? 1 : 0;
        // A wrong model: everything is worth 10%.
        return {
          reward,
          propensity: logged[action],
          target: target[action],
          model: { logged: 0.1, target: 0.1 },
        };
      });
      const estimates = offPolicy(rows);
      for (const name of ['ips', 'snips', 'doublyRobust'] as const) {
        const estimate = estimates[name];
        if (estimate?.kind !== 'off-policy') throw new Error('no estimate');
        sums[name] += estimate.value;
        covered[name] += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
      }
    }
    for (const name of ['ips', 'snips', 'doublyRobust'] as const) {
      // Standard error of one estimate is about 0.024; of the mean of 400, 0.0012.
      expect(Math.abs(sums[name] / trials - truth), name).toBeLessThan(4 * 0.0012);
      // 95% of 400, standard deviation 1.1 points.
      expect(Math.abs(covered[name] / trials - 0.95), name).toBeLessThan(0.04);
    }
  });
});

describe('replay of uniform logs', () => {
  it('is the mean of the rows in which the policy agrees, and says how many these are', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      reward: i % 4 === 0 ? 1 : 0,
      agrees: i % 2 === 0,
      propensity: 1 / 3,
      actions: 3,
    }));
    expect(replay(rows)).toMatchObject({ value: 0.5, rows: 500 });
    expect(replay(rows.slice(0, 100))).toMatchObject({ kind: 'no-estimate', code: 'logs-too-thin' });
  });

  it('is refused where one action was likelier than another', () => {
    const uneven = Array.from({ length: 1_000 }, (_, i) => ({
      reward: i % 4 === 0 ? 1 : 0,
      agrees: i % 2 === 0,
      propensity: i % 2 === 0 ? 0.6 : 0.4,
      actions: 2,
    }));
    expect(replay(uneven)).toMatchObject({ kind: 'no-estimate', code: 'logs-not-uniform' });
  });
});
