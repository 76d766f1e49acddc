// An offer as it comes from outside: its shape, and the rules over several of its fields, each problem with its path.

import { z } from 'zod';
import { instant } from '../base/common-fields.ts';
import { itemId } from '../base/ids.ts';
import {
  idLengthMax,
  offerItemsCountMax,
  referralRewardsCountMax,
  trialDaysMax,
  windowDaysMax,
} from '../base/limits.ts';
import { patternProblem, sharedCodeProblem } from './code.ts';
import { toMinor } from './money.ts';
import { type CouponOffer, currencyOf, type OfferExpiry, type OfferTerms } from './offer.ts';

const days = (max: number) => z.int().min(1).max(max);
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
const currency = z.string().refine((code) => currencies.has(code), 'must be an ISO 4217 code such as EUR');
const amount = z.number().gt(0).max(1e12);
const item = z.string().min(1).max(idLengthMax).transform(itemId);
const items = z.array(item).min(1).max(offerItemsCountMax);
const names = z.array(z.string().min(1).max(idLengthMax)).min(1).max(offerItemsCountMax);

/** Texts say it to two digits: less would be "0% off". */
const percentage = z.number().min(0.01).lte(100);
const percentOff = z.strictObject({
  kind: z.literal('percent'),
  percent: percentage,
  percentMin: percentage.optional(),
});
const amountOff = z.strictObject({ kind: z.literal('amount'), amount, currency });

const discount = z.discriminatedUnion('kind', [
  percentOff,
  amountOff,
  z.strictObject({
    kind: z.literal('bundle'),
    itemIds: z.array(item).min(2).max(20),
    off: z.discriminatedUnion('kind', [percentOff.omit({ percentMin: true }), amountOff]),
  }),
  z.strictObject({ kind: z.literal('gift'), itemId: item }),
  z.strictObject({ kind: z.literal('trial'), itemId: item, days: days(trialDaysMax) }),
]);

const terms = {
  discount,
  currency: currency.optional(),
  minimumSpend: amount.optional(),
  eligibleItems: z
    .strictObject({
      itemIds: items.optional(),
      categories: names.optional(),
      kinds: names.optional(),
      exceptItemIds: items.optional(),
    })
    .optional(),
  margin: z
    .strictObject({
      share: z.number().min(0).max(10),
      withoutCost: z.enum(['discounted', 'not-discounted']).default('not-discounted'),
    })
    .optional(),
  redemptionsPerCodeMax: z.int().min(1).default(1),
  redemptionsPerCustomerMax: z.int().min(1).default(1),
  redemptionsTotalMax: z.int().min(1).optional(),
  budget: amount.optional(),
  stacking: z
    .strictObject({
      group: z.string().min(1).max(100),
      combinesWith: z.union([z.literal('any'), z.array(z.string().min(1).max(100)).min(1).max(50)]),
    })
    .optional(),
  expiresAfterDays: days(windowDaysMax).optional(),
  expiresAt: instant.optional(),
};

const reward = z
  .strictObject(terms)
  .superRefine((given, context) => addProblems(termsProblems(given), context));

export const offerSchema = z
  .strictObject({
    ...terms,
    codePattern: z.string().optional(),
    sharedCode: z.string().optional(),
    referral: z
      .strictObject({
        reward,
        waitDays: z.int().min(0).max(90),
        rewardsMax: z.int().min(1).max(referralRewardsCountMax).default(10),
      })
      .optional(),
  })
  .superRefine((given, context) => addProblems([...termsProblems(given), ...codeProblems(given)], context));

interface FieldProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const addProblems = (
  problems: readonly FieldProblem[],
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void => {
  for (const { path, message } of problems) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
};

const termsProblems = (given: OfferTerms & OfferExpiry): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const add = (path: string, message: string): void => {
    problems.push({ path: path.split('.'), message });
  };
  if ((given.expiresAfterDays === undefined) === (given.expiresAt === undefined)) {
    add(
      'expiresAfterDays',
      'an offer ends either so many days after it is issued (expiresAfterDays) or at one instant (expiresAt); give one of the two',
    );
  }
  const ownCurrency = currencyOf({ ...given, currency: undefined });
  if (given.currency !== undefined && ownCurrency !== undefined && given.currency !== ownCurrency) {
    add('currency', `must be that of the discount, ${ownCurrency}`);
  }
  for (const field of ['minimumSpend', 'budget'] as const) {
    if (given[field] !== undefined && currencyOf(given) === undefined) {
      add('currency', `is missing; ${field} is an amount of money and needs one`);
    }
  }
  return [...problems, ...amountProblems(given), ...discountProblems(given)];
};

const amountProblems = ({ discount: given, budget }: OfferTerms): readonly FieldProblem[] => {
  const [off, path] = given.kind === 'bundle' ? [given.off, ['discount', 'off']] : [given, ['discount']];
  if (off.kind !== 'amount') {
    return [];
  }
  return [
    ...(toMinor(off.amount, off.currency) < 1
      ? [{ path: [...path, 'amount'], message: `is less than the smallest unit of ${off.currency}` }]
      : []),
    ...(budget !== undefined && budget < off.amount
      ? [{ path: ['budget'], message: `is less than one discount (${off.amount}); none could be redeemed` }]
      : []),
  ];
};

const discountProblems = ({
  discount: given,
  margin,
  eligibleItems,
}: OfferTerms): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  if (given.kind === 'percent' && given.percentMin !== undefined) {
    if (given.percentMin > given.percent) {
      problems.push({
        path: ['discount', 'percentMin'],
        message: `must be at most percent (${given.percent})`,
      });
    }
    if (margin === undefined) {
      problems.push({
        path: ['margin'],
        message:
          'is missing; between percentMin and percent the depth is chosen by the margin that must be left',
      });
    }
  }
  if (given.kind === 'bundle' && new Set(given.itemIds).size < given.itemIds.length) {
    problems.push({ path: ['discount', 'itemIds'], message: 'names an item twice' });
  }
  if (given.kind !== 'percent' && given.kind !== 'amount' && eligibleItems !== undefined) {
    problems.push({
      path: ['eligibleItems'],
      message: `has no meaning for a ${given.kind}, which names its items itself`,
    });
  }
  return problems;
};

const chosenDepthProblems = ({ discount }: OfferTerms, message: string): readonly FieldProblem[] =>
  discount.kind === 'percent' && discount.percentMin !== undefined
    ? [{ path: ['discount', 'percentMin'], message }]
    : [];

const codeProblems = (given: CouponOffer): readonly FieldProblem[] => {
  const { codePattern, sharedCode, referral } = given;
  const problems: FieldProblem[] = [];
  if (sharedCode !== undefined || referral !== undefined) {
    problems.push(
      ...chosenDepthProblems(
        given,
        'has no meaning for a code that several people use: nobody’s purchases decide the depth; give percent alone',
      ),
    );
  }
  if (referral !== undefined) {
    problems.push(
      ...chosenDepthProblems(
        referral.reward,
        'has no meaning for a reward, which is promised before it is earned; give percent alone (with a margin, no line is sold below its cost all the same)',
      ).map(({ path, message }) => ({ path: ['referral', 'reward', ...path], message })),
    );
  }
  const pattern = codePattern === undefined ? undefined : patternProblem(codePattern);
  if (pattern !== undefined) {
    problems.push({ path: ['codePattern'], message: pattern });
  }
  const shared = sharedCode === undefined ? undefined : sharedCodeProblem(sharedCode);
  if (shared !== undefined) {
    problems.push({ path: ['sharedCode'], message: shared });
  }
  if (sharedCode !== undefined && (codePattern !== undefined || referral !== undefined)) {
    problems.push({
      path: ['sharedCode'],
      message: 'is one code for everybody; leave codePattern and referral out, or leave it out',
    });
  }
  return problems;
};
