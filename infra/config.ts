// The one configuration of a deployment: read from reprise.config.json (if there), every setting described,
// validated, unknown names refused. Units last in each name. Defaults suit a small shop.

import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  capDaysMax,
  capsCountMax,
  eligibilityRulesCountMax,
  explorationDepthMax,
  placementsCountMax,
  shopHostsCountMax,
} from '../lib/base/limits.ts';
import { tuningSecondsMax, tuningTrialsCountMax } from '../lib/base/model-limits.ts';
import {
  defaultReranking,
  defaultSettings,
  type Reranking,
  type WorkspaceSettings,
} from '../lib/base/settings.ts';
import {
  count,
  leavesRelevanceMessage,
  share,
  someReranking,
  weight,
} from '../lib/recommendations/reranking-input.ts';
import { isPresetName, type PresetName, presetNames, readPreset } from './presets.ts';

const hour = z.int().min(0).max(23);

const reranking = {
  diversityWeight: weight
    .default(defaultReranking.diversityWeight)
    .describe(
      'Weight of unlike items (category, author, series) in one answer, against relevance; 0.2 is a lot.',
    ),
  calibrationWeight: weight
    .default(defaultReranking.calibrationWeight)
    .describe("Weight of categories in the proportions of the customer's own history, against relevance."),
  noveltyWeight: weight
    .default(defaultReranking.noveltyWeight)
    .describe('Weight of items that few customers know. Default: off.'),
  popularShareMax: share
    .default(defaultReranking.popularShareMax)
    .describe(
      'Largest share of an answer that the best-selling fifth of the catalogue may have. Default: all.',
    ),
  authorCountMax: count
    .default(defaultReranking.authorCountMax)
    .describe('Most items of one author in an answer. Default: no bound.'),
  authorShareMax: share
    .default(defaultReranking.authorShareMax)
    .describe('The same as a share of the answer; one item is always allowed. Default: no bound.'),
  seriesCountMax: count
    .default(defaultReranking.seriesCountMax)
    .describe('Most items of one series in an answer. Default: no bound.'),
};

/** Relevance keeps at least a tenth: an answer that is not relevant at all serves nobody. */
const leavesRelevance = (weights: Partial<Reranking>): boolean =>
  (weights.diversityWeight ?? 0) + (weights.calibrationWeight ?? 0) + (weights.noveltyWeight ?? 0) <=
  0.9 + 1e-9;

const rerankingSchema = z
  .strictObject({
    ...reranking,
    placements: z
      .record(
        z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, hyphens or underscores'),
        z.strictObject(someReranking),
      )
      .optional()
      .describe('Other values for single placements, by the name that requests state; mails are "mail".'),
  })
  .superRefine((all, context) => {
    const { placements = {}, ...workspace } = all;
    const named = Object.entries(placements).map(
      ([name, own]) => [['placements', name], { ...workspace, ...own }] as const,
    );
    for (const [path, weights] of [[[] as string[], workspace] as const, ...named]) {
      if (!leavesRelevance(weights)) {
        context.addIssue({ code: 'custom', path: [...path], message: leavesRelevanceMessage });
      }
    }
    if (Object.keys(placements).length > placementsCountMax) {
      context.addIssue({
        code: 'custom',
        path: ['placements'],
        message: `at most ${placementsCountMax} placements`,
      });
    }
  });

/** arn:aws:sns:eu-west-1:123456789012:app/GCM/shop */
const applicationArn = (platform: string) =>
  z
    .string()
    .regex(
      new RegExp(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:app/${platform}/[\\w.-]+$`),
      `the ARN of an SNS platform application of kind ${platform}`,
    );

const attributeName = z.string().min(1).max(128);
const scalar = z.union([z.string().max(128), z.number(), z.boolean()]);

const schema = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe(
      'A field other than courses, whose settings hold where none are stated here: presets/. Default: none.',
    ),
  namePrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,19}$/, '2 to 20 of a–z, 0–9 and -, a letter first')
    .default('reprise')
    .describe(
      'Prefix of the names of state machines and schedules; two installations in one account need two.',
    ),
  region: z.string().optional().describe('AWS region. Default: the one of the AWS CLI profile that deploys.'),
  account: z
    .string()
    .regex(/^\d{12}$/, '12 digits')
    .optional()
    .describe('AWS account. Default: the one of the AWS CLI profile that deploys.'),
  sender: z
    .strictObject({
      domain: z
        .string()
        .regex(/^[a-z0-9.-]+\.[a-z]{2,}$/, 'a domain name in lower case')
        .describe('Domain whose DNS you can edit; SES asks for three CNAME records to sign its mail (DKIM).'),
      fromAddress: z.email().describe('Sender of every mail; its domain must be `domain` or below it.'),
    })
    .default({ domain: 'example.com', fromAddress: 'hello@example.com' })
    .describe('Who the mails come from. The default can be synthesized and run locally, but not sent from.'),
  alarmEmail: z.email().optional().describe('Gets every alarm. Default: alarms show in CloudWatch only.'),
  trainingSchedule: z
    .string()
    .regex(/^(rate|cron)\(.+\)$/, 'an EventBridge Scheduler expression: rate(1 day) or cron(0 3 * * ? *)')
    .default('cron(0 3 * * ? *)')
    .describe('When models are trained, in `timeZone`. Default: every night at three.'),
  trainingTuning: z
    .strictObject({
      trials: z.int().min(0).max(tuningTrialsCountMax),
      seconds: z.int().min(1).max(tuningSecondsMax),
    })
    .default({ trials: 6, seconds: 120 })
    .describe(
      'The search for better hyperparameters in a scheduled training: trials and seconds at most, for each candidate. It goes on from what serves, so a few a night add up. 0 trials: none.',
    ),
  timeZone: z
    .string()
    .refine(
      (zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC',
      'an IANA time zone',
    )
    .default(defaultSettings.timeZone)
    .describe('For schedules, and for customers who have not told theirs.'),
  shopHosts: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
          'a host name in lower case, without https:// (of other scripts: xn--…)',
        ),
    )
    .max(shopHostsCountMax)
    .optional()
    .describe(
      'Host names of the shop, names below them included: links to them in messages carry the decision (?reprise=…) wherever a template wrote them. Default: sender.domain.',
    ),
  apiRequestsPerSecondMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('Steady rate above which the API answers 429.'),
  apiBurstMax: z
    .int()
    .min(1)
    .max(5_000)
    .default(400)
    .describe('Burst above the steady rate; API Gateway allows 5,000.'),
  trainingMemoryMb: z
    .int()
    .min(1024)
    .max(10_240)
    .default(6_144)
    .describe('Memory of the training functions; Lambda allows 10,240. More memory is also more CPU.'),
  logRetentionDays: z
    .union([z.literal(7), z.literal(30), z.literal(90), z.literal(180), z.literal(365)])
    .default(90)
    .describe('How long logs are kept.'),
  archiveRetentionDays: z
    .int()
    .min(30)
    .optional()
    .describe('How long raw events are kept in S3. Default: until someone deletes them.'),
  globalHoldoutShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(defaultSettings.globalHoldoutShare)
    .describe(
      'Share of customers whom no campaign treats and nothing is personalised for; what Reprise causes is measured against them.',
    ),
  globalHoldoutPeriod: z
    .enum(['quarter', 'half-year', 'year', 'for-ever'])
    .default(defaultSettings.globalHoldoutPeriod)
    .describe('How long these customers stay held out before others are drawn (calendar, UTC).'),
  explorationShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(defaultSettings.explorationShare)
    .describe('Share of recommendation slots that try new and rarely shown items.'),
  explorationDepth: z
    .number()
    .int()
    .min(0)
    .max(explorationDepthMax)
    .default(defaultSettings.explorationDepth)
    .describe(
      'How many of the items ranked next those slots try, too: needed to judge another model by the logs of this one (POST /v1/admin/evaluations). 40 is a good number.',
    ),
  reranking: rerankingSchema
    .prefault({})
    .describe('What happens between ranking and answer: diversity, calibration, novelty, exposure bounds.'),
  eligibilityRules: z
    .array(
      z.strictObject({
        item: z.strictObject({ attribute: attributeName, equals: scalar.optional() }),
        customer: z.strictObject({
          trait: attributeName,
          op: z.enum(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']),
          value: scalar.optional(),
        }),
      }),
    )
    .max(eligibilityRulesCountMax)
    .default([])
    .describe(
      "Who may be recommended what: items with the attribute only to customers whose trait satisfies the comparison with `value`, by default with the item's attribute. Without the trait: not recommended.",
    ),
  consentRequired: z
    .strictObject({
      email: z.boolean().default(defaultSettings.consentRequired.email),
      sms: z.boolean().default(defaultSettings.consentRequired.sms),
      push: z.boolean().default(defaultSettings.consentRequired.push),
      'in-app': z.boolean().default(defaultSettings.consentRequired['in-app']),
    })
    .prefault({})
    .describe(
      "Channels on which silence is not consent: they are used only for customers who agreed to the message's purpose. Default: SMS.",
    ),
  quietHours: z
    .strictObject({ fromHour: hour, toHour: hour })
    .default(defaultSettings.quietHours)
    .describe("Hours of the customer's day without mails, from ≤ hour < to; may run over midnight."),
  caps: z
    .array(
      z.strictObject({
        deliveriesMax: z.int().min(1).max(100),
        days: z.int().min(1).max(capDaysMax),
        channel: z.enum(['email', 'sms', 'push', 'in-app']).optional(),
      }),
    )
    .max(capsCountMax)
    .default([...defaultSettings.caps])
    .describe(
      'Most messages one customer gets over all campaigns in so many calendar days (UTC), on all channels but in-app or on `channel`; all caps hold together.',
    ),
  rampUp: z
    .strictObject({
      startsOn: z.iso.date(),
      firstDayCount: z.int().min(1).max(1_000_000),
      dailyGrowth: z.number().min(1).max(5),
    })
    .optional()
    .describe(
      'Warms up a new sending domain: most e-mails on the first day (UTC), and by which factor more each day. What is over waits for the next day. Default: no such limit.',
    ),
  mailsPerSecondMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(defaultSettings.mailsPerSecondMax)
    .describe("Own ceiling of the sending rate; the SES account's may be lower and is obeyed."),
  sms: z
    .strictObject({
      senderId: z
        .string()
        .regex(/^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/, '1 to 11 letters and digits, one letter at least')
        .optional()
        .describe('Shown as the sender where the country allows it. Default: SNS chooses.'),
      originationNumber: z
        .string()
        .regex(/^\+?\d{3,15}$/, 'a number or short code of the account')
        .optional()
        .describe('The number that messages come from. Default: SNS chooses.'),
      messagesPerSecondMax: z.int().min(1).max(1_000).default(1),
      optOutText: z
        .strictObject({ en: z.string().max(60).default(''), 'zh-CN': z.string().max(60).default('') })
        .default({ en: '', 'zh-CN': '' })
        .describe("Put behind marketing messages: the carrier's keyword, where one is asked for."),
    })
    .optional()
    .describe('SMS by SNS; needs an account out of the SMS sandbox. Default: no SMS.'),
  push: z
    .strictObject({
      ios: applicationArn('APNS(_SANDBOX)?').optional(),
      android: applicationArn('GCM').optional(),
      messagesPerSecondMax: z.int().min(1).max(10_000).default(100),
    })
    .optional()
    .describe('Mobile push: the SNS platform applications of the apps, by ARN. Default: no push.'),
  costs: z
    .strictObject({
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD')
        .default(defaultSettings.costs.currency),
      mail: z.number().min(0).max(1_000).default(defaultSettings.costs.mail),
      smsSegment: z.number().min(0).max(1_000).optional(),
      push: z.number().min(0).max(1_000).default(defaultSettings.costs.push),
    })
    .prefault({})
    .describe(
      'What one mail, SMS segment and push costs, for reports. Default: list prices of SES and SNS in USD; an SMS depends on the country and has none.',
    ),
});

export type Config = z.infer<typeof schema>;

/** Validates; throws an Error that names every problem, what was received and what to do. */
export const parseConfig = (input: unknown, origin: string): Config => {
  const parsed = schema.safeParse(withPreset(input));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `  ${issue.path.join('.') || '(top level)'}: ${issue.message}`,
    );
    throw new Error(
      `${origin} is not a valid configuration:\n${problems.join('\n')}\nSettings and what they mean: infra/config.ts.`,
    );
  }
  const config = parsed.data;
  const senderDomain = config.sender.fromAddress.split('@')[1];
  if (senderDomain !== config.sender.domain && !senderDomain.endsWith(`.${config.sender.domain}`)) {
    throw new Error(
      `${origin}: sender.fromAddress (${config.sender.fromAddress}) is not in sender.domain (${config.sender.domain}). Use an address of that domain.`,
    );
  }
  return config;
};

/** A preset that does not exist is left to the schema, which names those that do. */
const withPreset = (input: unknown): unknown => {
  const preset = typeof input === 'object' && input !== null && 'preset' in input ? input.preset : undefined;
  return isPresetName(preset) ? { ...readPreset(preset).settings, ...Object(input) } : input;
};

/** `preset` goes before the one that the file names. */
export const readConfig = (path = 'reprise.config.json', preset?: PresetName): Config => {
  const stated: object = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return parseConfig(preset === undefined ? stated : { ...stated, preset }, path);
};

export const workspaceSettings = (config: Config): WorkspaceSettings => ({
  globalHoldoutShare: config.globalHoldoutShare,
  globalHoldoutPeriod: config.globalHoldoutPeriod,
  explorationShare: config.explorationShare,
  explorationDepth: config.explorationDepth,
  reranking: config.reranking,
  eligibilityRules: config.eligibilityRules,
  consentRequired: config.consentRequired,
  quietHours: config.quietHours,
  caps: config.caps,
  ...(config.rampUp && { rampUp: config.rampUp }),
  shopHosts: config.shopHosts ?? [config.sender.domain],
  timeZone: config.timeZone,
  mailsPerSecondMax: config.mailsPerSecondMax,
  ...(config.sms && { sms: config.sms }),
  ...(config.push && { push: config.push }),
  costs: config.costs,
});
