// The one configuration of a deployment: read from reprise.config.json (if there), every setting described,
// validated, unknown names refused. Units last in each name. Defaults suit a small shop.

import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { defaultSettings, type WorkspaceSettings } from '../lib/base/settings.ts';

const hour = z.int().min(0).max(23);

const schema = z.strictObject({
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
  timeZone: z
    .string()
    .refine(
      (zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC',
      'an IANA time zone',
    )
    .default(defaultSettings.timeZone)
    .describe('For schedules, and for customers who have not told theirs.'),
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
      'Share of customers that no campaign ever treats; what Reprise caused is measured against them.',
    ),
  explorationShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(defaultSettings.explorationShare)
    .describe('Share of recommendation slots that try new and rarely shown items.'),
  quietHours: z
    .strictObject({ fromHour: hour, toHour: hour })
    .default(defaultSettings.quietHours)
    .describe("Hours of the customer's day without mails, from ≤ hour < to; may run over midnight."),
  cap: z
    .strictObject({ deliveriesMax: z.int().min(1).max(100), days: z.int().min(1).max(31) })
    .default(defaultSettings.cap)
    .describe('Most mails one customer gets, over all campaigns, in so many days.'),
  mailsPerSecondMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(defaultSettings.mailsPerSecondMax)
    .describe("Own ceiling of the sending rate; the SES account's may be lower and is obeyed."),
});

export type Config = z.infer<typeof schema>;

/** Validates; throws an Error that names every problem, what was received and what to do. */
export const parseConfig = (input: unknown, origin: string): Config => {
  const parsed = schema.safeParse(input);
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

export const readConfig = (path = 'reprise.config.json'): Config =>
  parseConfig(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}, path);

export const workspaceSettings = (config: Config): WorkspaceSettings => ({
  globalHoldoutShare: config.globalHoldoutShare,
  explorationShare: config.explorationShare,
  quietHours: config.quietHours,
  cap: config.cap,
  timeZone: config.timeZone,
  mailsPerSecondMax: config.mailsPerSecondMax,
});
