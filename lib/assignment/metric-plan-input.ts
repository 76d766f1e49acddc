// The plan of metrics as the API takes it, the same for campaigns and experiments: what is not given gets its default,
// less what stands elsewhere in the plan, so that the stored plan names every metric once. Where the primary metric is
// not repurchase, repurchase is told beside it.

import { z } from 'zod';
import { idLengthMax, metricsCountMax } from '../base/limits.ts';
import { loopEvents } from '../events/event.ts';
import { type BuiltInMetric, defaultMetrics, type MetricChoice, type MetricPlan } from './metric-plan.ts';

/** `messages`: of a campaign, whose customers can unsubscribe, complain and redeem. */
export const metricPlanInput = (messages: boolean) => {
  const known = builtIn.filter((name) => messages || !ofMessages.includes(name));
  const choice = z.union([z.enum(known), eventMetric], {
    error: `must be one of ${known.join(', ')}, or an event of the app's own: {"name": "visits", "event": "Shop Visited"}`,
  });
  const list = z.array(choice).max(metricsCountMax).optional();
  return (
    z
      .strictObject({
        primary: choice.optional(),
        secondary: list,
        guardrails: list,
        winsorize: z.number().gt(0.5).lt(1).optional(),
        adjustment: z.enum(['cuped', 'lin', 'none']).optional(),
      })
      // Also of a plan with other problems, so that all are told at once.
      .superRefine(
        (given: unknown, context) => {
          for (const { path, message } of planProblems(given)) {
            context.addIssue({ code: 'custom', path: [...path], message });
          }
        },
        { when: () => true },
      )
      .transform((given) => completePlan(given, known))
  );
};

const builtIn = [
  'repurchase',
  'revenue',
  'orders',
  'margin',
  'average-order-value',
  'redemption',
  'unsubscribe',
  'complaint',
  'refund',
] as const satisfies readonly BuiltInMetric[];
const ofMessages: readonly string[] = ['redemption', 'unsubscribe', 'complaint'];
const own: readonly string[] = Object.values(loopEvents);

const eventMetric = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 small letters, digits or hyphens')
    .refine(
      (name) => !builtIn.some((known) => known === name),
      'is a metric of its own; choose another name',
    ),
  event: z
    .string()
    .min(1)
    .max(idLengthMax)
    .refine((event) => !own.includes(event), 'is an event of Reprise itself; count one that the app sends'),
});

interface GivenPlan {
  readonly primary?: MetricChoice | undefined;
  readonly secondary?: readonly MetricChoice[] | undefined;
  readonly guardrails?: readonly MetricChoice[] | undefined;
  readonly winsorize?: number | undefined;
  readonly adjustment?: MetricPlan['adjustment'] | undefined;
}

/** `given` as it was sent. */
const planProblems = (given: unknown) => {
  const { primary, secondary, guardrails } = fieldsOf(given);
  const problems: { readonly path: readonly (string | number)[]; readonly message: string }[] = [];
  const decides = sentName(primary);
  if (decides !== undefined && ofMessages.includes(decides)) {
    problems.push({
      path: ['primary'],
      message: `is nothing that customers without a message can do, so no arm could be compared with them; received ${decides}. Choose a metric that customers of every arm can move`,
    });
  }
  const seen = new Set([decides]);
  const lists = { secondary, guardrails };
  for (const [role, choices] of Object.entries(lists)) {
    for (const [i, choice] of (Array.isArray(choices) ? choices : []).entries()) {
      const name = sentName(choice);
      if (name !== undefined && seen.has(name)) {
        problems.push({ path: [role, i], message: `${name} stands in the plan already` });
      }
      seen.add(name);
    }
  }
  return problems;
};

const fieldsOf = (given: unknown): { readonly [field: string]: unknown } =>
  typeof given === 'object' && given !== null ? { ...given } : {};

const sentName = (choice: unknown): string | undefined => {
  const name = typeof choice === 'string' ? choice : fieldsOf(choice).name;
  return typeof name === 'string' ? name : undefined;
};

const completePlan = (
  { primary = defaultMetrics.primary, secondary, guardrails, winsorize, adjustment }: GivenPlan,
  known: readonly string[],
): MetricPlan => {
  const taken = new Set([primary, ...(secondary ?? []), ...(guardrails ?? [])].map(nameOf));
  const free = (choices: readonly MetricChoice[]): readonly MetricChoice[] =>
    choices.filter((choice) => known.includes(nameOf(choice)) && !taken.has(nameOf(choice)));
  return {
    primary,
    secondary: secondary ?? free(['repurchase', ...defaultMetrics.secondary]),
    guardrails: guardrails ?? free(defaultMetrics.guardrails),
    ...(winsorize !== undefined && { winsorize }),
    adjustment: adjustment ?? defaultMetrics.adjustment,
  };
};

const nameOf = (choice: MetricChoice): string => (typeof choice === 'string' ? choice : choice.name);
