// May the result be trusted? Whole tests whose truth is known, from assignment by the hash over events as the archive
// holds them to the result that a marketer reads: `npm run bench -- trust [--tests 2000] [--write]`.
// Each test has its own salts and customers. A customer's chance to buy again depends on what they bought before, so that
// adjustment has something to take away. In A/A tests the arms do the same; otherwise the treatment adds to the chance
// (a rise of the share by `effect` in each customer, exactly) and the truth is `effect`.
// Prints a line a scene, says at the end what broke a promise (exit code 1); --write writes bench/results/trust.md.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assign, holdoutArm } from '../lib/assignment/assign.ts';
import { defaultMetrics } from '../lib/assignment/metric-plan.ts';
import { type CustomerId, customerId, messageId } from '../lib/base/ids.ts';
import { type Random, seededRandom } from '../lib/base/random.ts';
import type { Variant } from '../lib/campaigns/campaign.ts';
import type { StoredEvent } from '../lib/events/event.ts';
import { analyse } from '../lib/experiments/analyse.ts';
import { campaignDesign } from '../lib/experiments/design.ts';
import { comparisonOf, type TestResult } from '../lib/experiments/result.ts';
import { type AssignedCustomer, collectOutcomes } from '../lib/outcomes/collect.ts';
import { countOf } from './counts.ts';
import { uniformPValue } from './kolmogorov.ts';

const reportPath = 'bench/results/trust.md';
const windowDays = 30;
const dayMs = 86_400_000;
const beganMs = Date.UTC(2026, 0, 5);
const asOfMs = beganMs + (windowDays + 1) * dayMs;
const customersCount = 2_000;
const arm = 'letter';
const variants: readonly Variant[] = [
  {
    name: arm,
    weight: 1,
    action: { kind: 'reminder', templates: { en: { subject: arm, html: arm, text: arm } } },
  },
];
const campaign = { variants, holdoutShare: 0.5, windowDays, metrics: defaultMetrics };
const metrics = ['repurchase', 'orders', 'revenue', 'average-order-value'] as const;

interface Reading {
  readonly pValue: number;
  readonly covered: boolean;
  readonly difference: number;
}

interface Trial {
  readonly result: TestResult;
  readonly plain: ReadonlyMap<string, Reading>;
  readonly adjusted: ReadonlyMap<string, Reading & { readonly varianceReduction: number }>;
}

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tests: { type: 'string', default: '2000' },
      write: { type: 'boolean', default: false },
    },
  });
  const tests = countOf('tests', values.tests);
  const broken: string[] = [];
  const same = trialsOf('same', tests, 0);
  const nullRows = nullTable(same, broken);
  console.log(nullRows.join('\n'));
  const effect = 0.06;
  const helped = trialsOf('helped', tests, effect);
  const effectRows = effectTable(helped, effect, broken);
  console.log(effectRows.join('\n'));
  const decisions = decisionTable([
    ['no effect', same],
    [`+${100 * effect} points`, helped],
  ]);
  console.log(decisions.join('\n'));
  if (values.write) {
    writeFileSync(reportPath, report(tests, effect, nullRows, effectRows, decisions));
    console.log(`written: ${reportPath}`);
  }
  for (const line of broken) console.error(`broken: ${line}`);
  if (broken.length > 0) process.exitCode = 1;
};

const trialsOf = (name: string, tests: number, effect: number): readonly Trial[] =>
  Array.from({ length: tests }, (_, i) => trial(`${name}-${i}`, effect));

const trial = (seed: string, effect: number): Trial => {
  const random = seededRandom(`trust/${seed}`);
  const assigned: AssignedCustomer[] = [];
  const events: StoredEvent[] = [];
  for (let i = 0; i < customersCount; i++) {
    const id = customerId(`${seed}-${i}`);
    const at = beganMs + Math.floor(random.next() * dayMs);
    const { arm: given } = assign(id, {
      ...campaign,
      campaignSalt: seed,
      globalSalt: '',
      globalPurpose: '',
      globalHoldoutShare: 0,
    });
    assigned.push({ customerId: id, arm: given, assignedAtMs: at, decisionId: `${seed}-${i}` });
    events.push(...lifeOf(id, at, given === holdoutArm ? 0 : effect, random));
  }
  const outcomes = collectOutcomes(assigned, events, { windowDays, asOfMs, historyDays: 90 });
  const look = { look: 1, final: true, asOf: new Date(asOfMs).toISOString() };
  return readingOf(analyse(campaignDesign(campaign), outcomes, look), effect);
};

/** Orders of the 90 days before, 0 to 3, and those of the window, of a customer who buys the likelier the more they bought. */
const lifeOf = (id: CustomerId, at: number, effect: number, random: Random): readonly StoredEvent[] => {
  const before = Math.floor(4 * random.next() ** 2);
  const events = Array.from({ length: before }, (_, i) =>
    order(id, `before-${i}`, at - Math.ceil(random.next() * 90 * dayMs), spend(random)),
  );
  const chance = 0.1 + 0.15 * before + effect;
  let made = 0;
  // At least one order with this chance; each further one half as likely as the first.
  while (random.next() < (made === 0 ? chance : 0.3)) {
    events.push(order(id, `in-${made}`, at + Math.floor(random.next() * windowDays * dayMs), spend(random)));
    made++;
  }
  return events;
};

/** Log-normal, median 30, to the cent. */
const spend = (random: Random): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.round(3000 * Math.exp(0.6 * normal)) / 100;
};

const order = (id: CustomerId, name: string, atMs: number, value: number): StoredEvent => {
  const timestamp = new Date(atMs).toISOString();
  const orderId = `${id}-${name}`;
  return {
    messageId: messageId(orderId),
    type: 'track',
    event: 'Order Completed',
    userId: id,
    timestamp,
    receivedAt: timestamp,
    source: 'trust',
    properties: { order_id: orderId, total: value, currency: 'USD', products: [] },
    traits: {},
    context: {},
  };
};

const readingOf = (result: TestResult, effect: number): Trial => {
  const plain = new Map<string, Reading>();
  const adjusted = new Map<string, Reading & { readonly varianceReduction: number }>();
  for (const metric of metrics) {
    const truth = metric === 'repurchase' ? effect : Number.NaN;
    const found = comparisonOf(result, metric, arm);
    if (found?.estimate.kind === 'estimate') {
      plain.set(metric, reading(found.estimate, truth));
    }
    if (found?.adjusted?.kind === 'estimate') {
      const { varianceReduction } = found.adjusted;
      adjusted.set(metric, { ...reading(found.adjusted, truth), varianceReduction });
    }
  }
  return { result, plain, adjusted };
};

const reading = (
  {
    low,
    high,
    pValue,
    difference,
  }: { readonly low: number; readonly high: number; readonly pValue: number; readonly difference: number },
  truth: number,
): Reading => ({ pValue, difference, covered: low <= truth && truth <= high });

const readingsOf = (
  trials: readonly Trial[],
  kind: 'plain' | 'adjusted',
  metric: string,
): readonly Reading[] => trials.flatMap((one) => one[kind].get(metric) ?? []);

const nullTable = (trials: readonly Trial[], broken: string[]): readonly string[] => {
  const rows = [
    row(['metric', 'estimate', 'tests with one', 'KS p', 'false positives at 5%', 'standard deviations off']),
  ];
  rows.push(ruler(rows[0]));
  for (const metric of metrics) {
    for (const kind of ['plain', 'adjusted'] as const) {
      const pValues = readingsOf(trials, kind, metric).map(({ pValue }) => pValue);
      if (pValues.length === 0) continue;
      const uniform = uniformPValue(pValues);
      const share = pValues.filter((p) => p < 0.05).length / pValues.length;
      const off = (share - 0.05) / Math.sqrt((0.05 * 0.95) / pValues.length);
      if (uniform <= 0.01) broken.push(`${metric}, ${kind}: p-values are not uniform (KS p ${uniform})`);
      if (Math.abs(off) > 3) broken.push(`${metric}, ${kind}: false positives ${share}`);
      rows.push(
        row([metric, kind, String(pValues.length), uniform.toFixed(3), percent(share), off.toFixed(1)]),
      );
    }
  }
  return rows;
};

const effectTable = (trials: readonly Trial[], effect: number, broken: string[]): readonly string[] => {
  const rows = [
    row(['estimate of repurchase', 'truth', 'mean estimate', 'bias, standard errors', 'covered', 'found']),
  ];
  rows.push(ruler(rows[0]));
  for (const kind of ['plain', 'adjusted'] as const) {
    const readings = readingsOf(trials, kind, 'repurchase');
    if (readings.length === 0) continue;
    const mean = readings.reduce((sum, { difference }) => sum + difference, 0) / readings.length;
    const spread = Math.sqrt(
      readings.reduce((sum, { difference }) => sum + (difference - mean) ** 2, 0) / (readings.length - 1),
    );
    const bias = (mean - effect) / (spread / Math.sqrt(readings.length));
    const covered = readings.filter((one) => one.covered).length / readings.length;
    const found = readings.filter(({ pValue }) => pValue < 0.05).length / readings.length;
    if (Math.abs(covered - 0.95) > 0.015) broken.push(`${kind}: interval covers ${covered}`);
    if (Math.abs(bias) > 3) broken.push(`${kind}: biased by ${bias} standard errors`);
    rows.push(
      row([kind, effect.toFixed(4), mean.toFixed(4), bias.toFixed(1), percent(covered), percent(found)]),
    );
  }
  return rows;
};

const decisionTable = (scenes: readonly (readonly [string, readonly Trial[]])[]): readonly string[] => {
  const rows = [
    row(['truth', 'roll-out', 'inconclusive', 'keep-holding', 'sample ratio speaks', 'any check speaks']),
  ];
  rows.push(ruler(rows[0]));
  for (const [name, trials] of scenes) {
    const share = (is: (result: TestResult) => boolean): string =>
      percent(trials.filter(({ result }) => is(result)).length / trials.length);
    rows.push(
      row([
        name,
        share(({ decision }) => decision === 'roll-out'),
        share(({ decision }) => decision === 'inconclusive'),
        share(({ decision }) => decision === 'keep-holding'),
        share(({ sampleRatio }) => !sampleRatio.ok),
        share(({ checks }) => checks.some(({ ok, name: check }) => !ok && check !== 'power')),
      ]),
    );
  }
  return rows;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const ruler = (header: string): string => header.replaceAll(/[^|]+/g, ' --- ');
const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;

const report = (
  tests: number,
  effect: number,
  nullRows: readonly string[],
  effectRows: readonly string[],
  decisions: readonly string[],
): string => `# May the result be trusted?

Whole tests, from assignment by the hash over events to the result: ${tests} of ${customersCount.toLocaleString('en')} customers each, half held out, seeded.
Made by \`npm run bench -- trust --tests ${tests} --write\`. What customers do is said at the head of bench/trust.ts.

## No effect
Promise: p-values uniform (Kolmogorov–Smirnov p > 0.01) and false positives within three binomial standard deviations of 5%.

${nullRows.join('\n')}

## The treatment adds ${100 * effect} points
Promise: the 95% interval covers the truth (95 ± 1.5 of 100 at ${tests} tests, which are uncertain by ± ${(100 * 2 * Math.sqrt((0.95 * 0.05) / tests)).toFixed(1)}), and nothing is biased.

${effectRows.join('\n')}

## What the reader is told
Under no effect one in forty may be rolled out (5% two-sided) and one in forty kept from it. Checks may speak by chance too.

${decisions.join('\n')}
`;
