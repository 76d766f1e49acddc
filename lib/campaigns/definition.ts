// A campaign's definition as it comes from outside: checked completely, every problem listed at once with its path,
// defaults made explicit. What is refused is not half kept.
// Shares in [0, 1], days as whole numbers, instants as ISO 8601 with a zone, stored in UTC.

import { z } from 'zod';
import { reservedArms } from '../assignment/assign.ts';
import { decisionSchema, fixedDecision } from '../assignment/decision-rule.ts';
import { metricPlanInput } from '../assignment/metric-plan-input.ts';
import { sliceSchema } from '../assignment/slice-input.ts';
import { instant } from '../base/common-fields.ts';
import { Failure, type Problem, shown } from '../base/errors.ts';
import { placementName, problemsOf } from '../base/input.ts';
import {
  campaignBytesMax,
  campaignNameLengthMax,
  capDaysMax,
  capsCountMax,
  expiryAfterDaysMax,
  holdoutShareMax,
  looksCountMax,
  mailRecommendationsCountMax,
  variantsCountMax,
  windowDaysMax,
} from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { startDaysAheadMax } from '../base/workflow-limits.ts';
import type { Json } from '../events/event.ts';
import { offerSchema } from '../offers/offer-input.ts';
import { allocationProblems, allocationSchema } from './allocation-check.ts';
import type { Campaign, Templates } from './campaign.ts';
import { checkCondition, isObject } from './condition-check.ts';
import { journeyProblems, journeySchema } from './journey-check.ts';
import { looksProblems, windowDaysDefault, windowOf } from './looks-check.ts';
import { endedOffers, messagesIn } from './messages-in.ts';

/** What a marketer decides; the rest of a Campaign is given by the server. */
export type CampaignDefinition = Pick<
  Campaign,
  | 'name'
  | 'audience'
  | 'trigger'
  | 'variants'
  | 'allocation'
  | 'holdoutShare'
  | 'exclusion'
  | 'quietHours'
  | 'caps'
  | 'purpose'
  | 'channels'
  | 'priority'
  | 'sendTime'
  | 'deliverWithinHours'
  | 'recommendationsCount'
  | 'windowDays'
  | 'metrics'
  | 'lookDays'
  | 'decision'
  | 'rollout'
>;

export interface CheckedDefinition {
  readonly definition: CampaignDefinition;
  /** Path → value of everything that was not given and got its default. */
  readonly defaults: { readonly [path: string]: Json };
}

/** What knows the template language (lib/deliveries has it). */
export interface TemplateRules {
  /** `referral`: a coupon message whose code brings friends. */
  check(templates: Templates, kind: 'coupon' | 'reminder' | 'referral'): readonly Problem[];
  /** Used where an action gives none. */
  readonly defaults: {
    readonly coupon: Templates;
    readonly reminder: Templates;
    readonly reward: Templates;
  };
}

/** Throws Failure('invalid') with all problems. `made`: those that completing its templates found. */
export const checkDefinition = (
  given: unknown,
  rules: TemplateRules,
  made: readonly Problem[] = [],
): CheckedDefinition => {
  const input = withTemplates(given, rules.defaults);
  const audience = isObject(input) ? checkCondition(input.audience, 'audience') : { problems: [] };
  const parsed = definitionSchema.safeParse(input);
  const problems = [
    ...made,
    ...(parsed.success
      ? []
      : problemsOf(parsed.error, input, definitionSchema).filter((problem) => !isUnmade(problem, made))),
    ...audience.problems,
    ...(isObject(input)
      ? [
          ...crossProblems(input),
          ...templateProblems(input, rules).filter((problem) => !isUnmade(problem, made)),
        ]
      : []),
  ];
  if (!parsed.success || audience.condition === undefined || problems.length > 0) {
    throw new Failure('invalid', {
      code: 'campaign-invalid',
      message: `The campaign has ${problems.length} problem${problems.length === 1 ? '' : 's'}; nothing was stored.`,
      received: shown(given),
      action: 'Correct every entry of problems and send the whole campaign again.',
      problems,
    });
  }
  const definition = { ...parsed.data, audience: audience.condition };
  return { definition, defaults: defaultsGiven(given, definition, '') };
};

/** HTML and text are missing because the MJML was refused, which is said already. */
const isUnmade = ({ path }: Problem, made: readonly Problem[]): boolean =>
  made.some(
    (problem) =>
      path === problem.path.replace(/mjml$/, 'html') || path === problem.path.replace(/mjml$/, 'text'),
  );

// ---- shape -------------------------------------------------------------------------------------------

const days = (max: number) => z.int().min(1).max(max);
const name = z.string().trim().min(1).max(campaignNameLengthMax);

const template = z.strictObject({
  subject: z.string().min(1).optional(),
  html: z.string().min(1).optional(),
  text: z.string().min(1).optional(),
  textIsMade: z.boolean().optional(),
  mjml: z.string().min(1).optional(),
  sms: z.string().min(1).optional(),
  push: z.strictObject({ title: z.string().min(1), body: z.string().min(1) }).optional(),
  inApp: z
    .strictObject({
      title: z.string().min(1),
      body: z.string().min(1),
      url: z.string().min(1).optional(),
      placement: placementName.optional(),
    })
    .optional(),
});
const templates = z.strictObject({ en: template, 'zh-CN': template.optional() });

const focus = z.enum(['cart', 'viewed', 'expiring', 'series', 'completed']).optional();

const message = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('coupon'),
    offer: offerSchema,
    templates,
    focus,
    rewardMessage: z.strictObject({ templates }).optional(),
  }),
  z.strictObject({ kind: z.literal('reminder'), templates, focus }),
]);
const action = z.discriminatedUnion('kind', [
  message,
  journeySchema(message),
  z.strictObject({ kind: z.literal('none') }),
]);

const variant = z.strictObject({ name, weight: z.number().gt(0).lte(1), action });

const period = { startsAt: instant, endsAt: instant };
const trigger = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('at'), at: instant }),
  z.strictObject({ kind: z.literal('recurring'), everyDays: days(startDaysAheadMax), ...period }),
  z.strictObject({
    kind: z.literal('event'),
    event: z.string().min(1),
    entersEveryDays: days(startDaysAheadMax).optional(),
    ...period,
  }),
  z.strictObject({
    kind: z.literal('before-expiry'),
    days: z.int().min(-expiryAfterDaysMax).max(windowDaysMax),
    ...period,
  }),
]);

const hour = z.int().min(0).max(23);

const sendTime = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('at-once') }),
  z.strictObject({ kind: z.literal('local-hour'), hour }),
  z.strictObject({ kind: z.literal('active-hour') }),
]);

const channel = z.enum(['email', 'sms', 'push', 'in-app']);
const cap = z.strictObject({
  deliveriesMax: z.int().min(1).max(100),
  days: days(capDaysMax),
  channel: channel.optional(),
});

const definitionSchema = z.strictObject({
  name,
  // Checked by checkCondition, whose messages name the fact and the operators that fit it.
  audience: z.unknown().optional(),
  trigger,
  variants: z.array(variant).min(1).max(variantsCountMax),
  allocation: allocationSchema,
  holdoutShare: z.number().min(0).max(holdoutShareMax).default(0.1),
  exclusion: sliceSchema.optional(),
  quietHours: z.strictObject({ fromHour: hour, toHour: hour }).optional(),
  caps: z.array(cap).min(1).max(capsCountMax).optional(),
  purpose: z.enum(['marketing', 'reminder']).default('marketing'),
  channels: z
    .array(channel)
    .min(1, 'names no channel')
    .refine((names) => new Set(names).size === names.length, 'names a channel twice')
    .default(['email']),
  priority: z.int().min(-100).max(100).default(0),
  deliverWithinHours: z
    .int()
    .min(1)
    .max(windowDaysMax * 24)
    .optional(),
  sendTime: sendTime.default({ kind: 'at-once' }),
  recommendationsCount: z.int().min(0).max(mailRecommendationsCountMax).default(3),
  windowDays: days(windowDaysMax).default(windowDaysDefault),
  metrics: metricPlanInput(true).prefault({}),
  lookDays: z.array(days(windowDaysMax)).max(looksCountMax).default([]),
  decision: decisionSchema.default(fixedDecision),
  rollout: z.enum(['manual', 'automatic']).default('manual'),
});

// ---- rules over several fields -----------------------------------------------------------------------
// They look at the raw input, so that they are reported beside problems of shape and not only after those are gone.

const crossProblems = (input: { readonly [key: string]: unknown }): readonly Problem[] => [
  ...variantProblems(Array.isArray(input.variants) ? input.variants : []),
  ...triggerProblems(input.trigger, input.rollout),
  ...looksProblems(input),
  ...journeysProblems(input),
  ...allocationProblems(input, windowOf(input.windowDays)),
  ...offerEndProblems(input),
  ...sizeProblems(input),
];

const variantProblems = (variants: readonly unknown[]): readonly Problem[] => {
  const problems: Problem[] = [];
  const weights = variants.map((one) => (isObject(one) ? one.weight : undefined));
  if (weights.length > 0 && weights.every((weight) => typeof weight === 'number')) {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > 1e-9) {
      problems.push({ path: 'variants', message: `weights must sum to 1; they sum to ${sum}` });
    }
  }
  const seen = new Set<string>();
  variants.forEach((one, index) => {
    if (!isObject(one) || typeof one.name !== 'string') {
      return;
    }
    const trimmed = one.name.trim();
    const path = `variants.${index}.name`;
    if (reservedArms.includes(trimmed)) {
      problems.push({ path, message: `${trimmed} is the name of an untreated group; choose another` });
    }
    if (seen.has(trimmed)) {
      problems.push({ path, message: `${trimmed} is used by an earlier variant; names must differ` });
    }
    seen.add(trimmed);
  });
  return problems;
};

const triggerProblems = (trigger: unknown, rollout: unknown): readonly Problem[] => {
  if (!isObject(trigger)) {
    return [];
  }
  const problems: Problem[] = [];
  const [from, to] = [trigger.startsAt, trigger.endsAt].map((at) => Date.parse(String(at)));
  if (to <= from) {
    problems.push({ path: 'trigger.endsAt', message: 'must be later than startsAt' });
  }
  const { entersEveryDays } = trigger;
  if (
    trigger.kind === 'event' &&
    typeof entersEveryDays === 'number' &&
    entersEveryDays * dayMs > to - from
  ) {
    problems.push({
      path: 'trigger.entersEveryDays',
      message: `is longer than the campaign's period (${(to - from) / dayMs} days): nobody would enter again; received ${entersEveryDays}. Leave it out for once`,
    });
  }
  if (rollout === 'automatic' && trigger.kind !== 'at') {
    problems.push({
      path: 'rollout',
      message:
        'automatic needs a trigger of kind at: other kinds keep assigning, and a treated holdout could no longer be compared with',
    });
  }
  return problems;
};

const journeysProblems = (input: { readonly [key: string]: unknown }): readonly Problem[] =>
  (Array.isArray(input.variants) ? input.variants : []).flatMap((one: unknown, index) =>
    isObject(one) && isObject(one.action) && one.action.kind === 'journey'
      ? journeyProblems(one.action, `variants.${index}.action`, {
          windowDays: windowOf(input.windowDays),
          ...(typeof input.deliverWithinHours === 'number' && {
            deliverWithinHours: input.deliverWithinHours,
          }),
        })
      : [],
  );

/** An offer that is over when the campaign begins would be one that nobody can use. */
const offerEndProblems = (input: { readonly [key: string]: unknown }): readonly Problem[] => {
  const trigger = isObject(input.trigger) ? input.trigger : {};
  const from = String(trigger.kind === 'at' ? trigger.at : trigger.startsAt);
  return endedOffers(input.variants, Date.parse(from), `when the campaign starts (${from})`);
};

const sizeProblems = (input: unknown): readonly Problem[] => {
  const bytes = new TextEncoder().encode(JSON.stringify(input)).length;
  return bytes > campaignBytesMax
    ? [{ path: '', message: `the campaign has ${bytes} bytes; at most ${campaignBytesMax} are allowed` }]
    : [];
};

const templateProblems = (
  input: { readonly [key: string]: unknown },
  rules: TemplateRules,
): readonly Problem[] =>
  (Array.isArray(input.variants) ? input.variants : []).flatMap((one: unknown, index) =>
    messagesIn(isObject(one) ? one.action : undefined, `variants.${index}.action`).flatMap((sent) => {
      const { message } = sent;
      const coupon = bringsFriends(message.offer) ? 'referral' : 'coupon';
      const kind = message.kind === 'coupon' ? coupon : 'reminder';
      const reward = isObject(message.rewardMessage) ? message.rewardMessage.templates : undefined;
      return [
        ...faultsOf(message.templates, kind, sent.path, input.channels, rules),
        ...faultsOf(reward, 'coupon', `${sent.path}.rewardMessage`, input.channels, rules),
        ...needlessReward(message, sent.path),
      ];
    }),
  );

const faultsOf = (
  given: unknown,
  kind: Parameters<TemplateRules['check']>[1],
  path: string,
  channels: unknown,
  rules: TemplateRules,
): readonly Problem[] => {
  const parsed = templates.safeParse(given);
  return parsed.success
    ? [
        ...rules.check(parsed.data, kind),
        ...halfMails(parsed.data),
        ...speechless(parsed.data, channels),
      ].map((problem) => ({
        path: `${path}.${problem.path}`,
        message: problem.message,
      }))
    : [];
};

const needlessReward = (
  { offer, rewardMessage }: { readonly [key: string]: unknown },
  path: string,
): readonly Problem[] =>
  rewardMessage !== undefined && !bringsFriends(offer)
    ? [
        {
          path: `${path}.rewardMessage`,
          message: 'tells of rewards for friends; give the offer a referral, or leave it out',
        },
      ]
    : [];

const bringsFriends = (offer: unknown): boolean => isObject(offer) && isObject(offer.referral);

/** A message for other channels alone has nothing of a mail; a mail lacks nothing (its text is made from the HTML). */
const halfMails = (given: Templates): readonly Problem[] =>
  (['en', 'zh-CN'] as const).flatMap((language) => {
    const { subject, html, text, mjml } = given[language] ?? {};
    const parts = { subject, html, text };
    return Object.values({ ...parts, mjml }).every((part) => part === undefined)
      ? []
      : Object.entries(parts).flatMap(([name, part]) =>
          part === undefined && (name !== 'text' || html !== undefined)
            ? [{ path: `templates.${language}.${name}`, message: halfMail[name] ?? '' }]
            : [],
        );
  });

const halfMail: { readonly [part: string]: string } = {
  subject: 'is missing: a mail has a subject; a message without a mail has neither subject, html nor text',
  html: 'is missing: give html, or mjml to make it from; a message without a mail has neither subject, html nor text',
  text: 'is missing and was not made from the html',
};

/** A message may lack words for one of the channels, and goes out on another; without any it could never go out. */
const speechless = ({ en }: Templates, channels: unknown): readonly Problem[] => {
  const wanted: readonly unknown[] = Array.isArray(channels) && channels.length > 0 ? channels : ['email'];
  const parts = { email: 'html', sms: 'sms', push: 'push', 'in-app': 'inApp' } as const;
  const known = Object.entries(parts).filter(([channel]) => wanted.includes(channel));
  // A mail begun is incomplete, which is said where it is.
  const isBegun = wanted.includes('email') && (en.subject ?? en.mjml ?? en.text) !== undefined;
  return known.length === 0 || isBegun || known.some(([, part]) => en[part] !== undefined)
    ? []
    : [
        {
          path: 'templates.en',
          message: `has nothing for the campaign's channels (${known.map(([channel]) => channel).join(', ')}); give it ${known.map(([, part]) => (part === 'html' ? 'subject and html' : part)).join(' or ')}`,
        },
      ];
};

// ---- defaults ----------------------------------------------------------------------------------------

const withTemplates = (input: unknown, defaults: TemplateRules['defaults']): unknown =>
  isObject(input) && Array.isArray(input.variants)
    ? { ...input, variants: input.variants.map((one: unknown) => withDefault(one, defaults)) }
    : input;

const withDefault = (one: unknown, defaults: TemplateRules['defaults']): unknown => {
  if (!isObject(one) || !isObject(one.action)) {
    return one;
  }
  const { kind, steps } = one.action;
  if (kind !== 'journey' || !Array.isArray(steps)) {
    return { ...one, action: withTemplate(one.action, defaults) };
  }
  const filled = steps.map((step: unknown) =>
    isObject(step) && step.kind === 'send' && isObject(step.message)
      ? { ...step, message: withTemplate(step.message, defaults) }
      : step,
  );
  return { ...one, action: { ...one.action, steps: filled } };
};

const withTemplate = (
  sent: { readonly [key: string]: unknown },
  defaults: TemplateRules['defaults'],
): object => ({
  ...sent,
  ...(sent.templates === undefined &&
    (sent.kind === 'coupon' || sent.kind === 'reminder') && { templates: defaults[sent.kind] }),
  ...(sent.kind === 'coupon' &&
    sent.rewardMessage === undefined &&
    bringsFriends(sent.offer) && { rewardMessage: { templates: defaults.reward } }),
});

/** The templates stand in the campaign itself; here a word says where they came from. */
const builtIn = 'built-in';

const defaultsGiven = (input: unknown, filled: unknown, path: string): { [path: string]: Json } => {
  const found: { [path: string]: Json } = {};
  if (!isObject(input) && !Array.isArray(input)) {
    return found;
  }
  const given = new Map<string, unknown>(Object.entries(input));
  for (const [key, value] of Object.entries(filled ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    if (given.get(key) === undefined && value !== undefined) {
      found[at] = key === 'templates' || key === 'rewardMessage' ? builtIn : (value as Json);
    } else {
      Object.assign(found, defaultsGiven(given.get(key), value, at));
    }
  }
  return found;
};
