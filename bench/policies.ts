// Policies judged by logs whose truth is known: `npm run bench -- policies [--shops 80] [--customers 800] [--write]`.
// Each shop serves four pages a customer by the code that serves, logs them, and its customers click as given worths and
// places say (test/experiments/policy-world.ts); then other policies are judged by those logs through the code of
// POST /v1/admin/evaluations. Stated: bias, how often the 95% interval covers the truth, and its width.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { modelVersion } from '../lib/base/ids.ts';
import { collectPages } from '../lib/experiments/policy/collect-pages.ts';
import type { EvaluationResult, RecommendationPolicy } from '../lib/experiments/policy/evaluation.ts';
import { judgePages } from '../lib/experiments/policy/judge-pages.ts';
import {
  assortmentOf,
  depth,
  fromMs,
  nowMs,
  plain,
  share,
  simulate,
  toMs,
  type World,
} from '../test/experiments/policy-world.ts';
import { createFakeCustomerStore } from '../test/fakes/customer-store.ts';
import { memoryPolicyLogs } from '../test/fakes/policy-logs.ts';

interface Case {
  readonly name: string;
  readonly policy: Omit<RecommendationPolicy, 'kind'>;
  readonly truth: (world: World) => number;
}

const v2 = modelVersion('v2');
const cases: readonly Case[] = [
  {
    name: 'a better model, explored as logged',
    policy: { modelVersion: v2 },
    truth: ({ truth }) => truth('v2', share),
  },
  {
    name: 'the better model without exploration',
    policy: { modelVersion: v2, explorationShare: 0 },
    truth: ({ truth }) => truth('v2', 0),
  },
  {
    name: 'the same model, a third of the exploration',
    policy: { explorationShare: 0.1 },
    truth: ({ truth }) => truth('v1', 0.1),
  },
];
const estimators = ['ips', 'snips', 'doublyRobust'] as const;

interface Tally {
  count: number;
  bias: number;
  width: number;
  covered: number;
  refused: number;
}

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shops: { type: 'string', default: '80' },
      customers: { type: 'string', default: '800' },
      write: { type: 'boolean', default: false },
    },
  });
  const [shops, customersCount] = [Number(values.shops), Number(values.customers)];
  if (![shops, customersCount].every((count) => Number.isInteger(count) && count > 0)) {
    throw new RangeError(
      `policies takes whole numbers above 0, received ${values.shops} and ${values.customers}`,
    );
  }
  const tallies = new Map<string, Tally>();
  for (let shop = 0; shop < shops; shop++) {
    const world = await simulate(`shop ${shop}`, { customersCount });
    for (const { name, policy, truth } of cases) {
      const result = await judge(world, policy);
      for (const estimator of estimators)
        note(tallies, `${name}/${estimator}`, result[estimator], truth(world));
    }
  }
  const page = [...headOf(shops, customersCount), ...rowsOf(tallies, shops), ''].join('\n');
  console.log(page);
  if (values.write) writeFileSync('bench/results/policies.md', page);
};

const judge = async (world: World, policy: Omit<RecommendationPolicy, 'kind'>): Promise<EvaluationResult> => {
  const request = {
    policy: { kind: 'recommendations' as const, ...policy },
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    outcome: 'click' as const,
    windowDays: 1,
  };
  const collected = await collectPages(
    { ...request, untilMs: nowMs, pagesMax: Number.POSITIVE_INFINITY },
    { policy: request.policy, reranking: plain, explorationDepth: depth, eligibilityRules: [] },
    { logs: memoryPolicyLogs(world.events), customers: createFakeCustomerStore(), assortment: assortmentOf },
  );
  return judgePages(collected, request, nowMs);
};

const note = (
  tallies: Map<string, Tally>,
  key: string,
  found: EvaluationResult['ips'] | undefined,
  truth: number,
): void => {
  const tally = tallies.get(key) ?? { count: 0, bias: 0, width: 0, covered: 0, refused: 0 };
  tallies.set(key, tally);
  if (found?.kind !== 'off-policy') {
    tally.refused += 1;
    return;
  }
  tally.count += 1;
  tally.bias += found.value / truth - 1;
  tally.width += (found.high - found.low) / truth;
  tally.covered += found.low <= truth && truth <= found.high ? 1 : 0;
};

const headOf = (shops: number, customers: number): readonly string[] => [
  '# Policies judged by logs whose truth is known',
  '',
  `${shops} shops with ${customers.toLocaleString('en')} customers and four pages of five places each, served and logged by the code that serves; every place explores with probability ${share} among the ${depth} items ranked next. Written by \`npm run bench -- policies --write\`. 95% of ${shops} has a binomial error of ${(100 * Math.sqrt((0.95 * 0.05) / shops)).toFixed(1)} points.`,
  '',
  '| policy | estimator | bias | 95% interval covers | its width | refused |',
  '| --- | --- | ---: | ---: | ---: | ---: |',
];

const rowsOf = (tallies: ReadonlyMap<string, Tally>, shops: number): readonly string[] =>
  [...tallies].map(([key, { count, bias, width, covered, refused }]) => {
    const [name, estimator] = key.split('/');
    const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
    return `| ${name} | ${estimator} | ${percent(bias / count)} | ${percent(covered / count)} | ${percent(width / count)} | ${refused} of ${shops} |`;
  });
