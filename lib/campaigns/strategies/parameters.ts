// Parameters that strategies share, each with its default and what it means in both languages, and the parts of a
// definition that follow from them. Shares in [0, 1]; units last.

import { z } from 'zod';
import { fixedDecision } from '../../assignment/decision-rule.ts';
import { defaultMetrics } from '../../assignment/metric-plan.ts';
import { writtenInstant } from '../../base/common-fields.ts';
import { holdoutShareMax, windowDaysMax } from '../../base/limits.ts';
import { dayMs } from '../../base/time.ts';
import type { Trigger } from '../campaign.ts';
import type { CampaignDefinition } from '../definition.ts';

/** What a parameter is for, in English and Chinese; both stand in the JSON Schema. */
export const meaning = (en: string, zh: string) => ({ description: en, 'description-zh-CN': zh });

export const instantOf = (en: string, zh: string) => writtenInstant.meta(meaning(en, zh));

export const percentOf = (percent: number, en: string, zh: string) =>
  z.number().gt(0).lte(90).default(percent).meta(meaning(en, zh));

export const daysOf = (days: number, en: string, zh: string) =>
  z.int().min(1).max(windowDaysMax).default(days).meta(meaning(en, zh));

export const hoursOf = (hours: number, en: string, zh: string) =>
  z
    .int()
    .min(1)
    .max(30 * 24)
    .default(hours)
    .meta(meaning(en, zh));

/** Those of every strategy. */
export const shared = {
  startsAt: writtenInstant
    .optional()
    .meta(meaning('When it starts. Default: now.', '开始时间。默认：现在。')),
  holdoutShare: z
    .number()
    .min(0.02)
    .max(holdoutShareMax)
    .default(0.1)
    .meta(
      meaning(
        'Share of the audience that gets nothing and is compared against; without it nothing could be said of the effect.',
        '不发送、仅用于对照的人群比例；没有对照组，就无从得知活动的真实效果。',
      ),
    ),
  channels: z
    .array(z.enum(['email', 'sms', 'push', 'in-app']))
    .min(1)
    .default(['email'])
    .meta(
      meaning(
        'Channels it may use, the preferred one first; every message has words for all of them.',
        '可使用的渠道，按优先顺序排列；每条消息都备有各渠道的文案。',
      ),
    ),
};

/** Those of a strategy that goes on: it assigns customers as they come, for so long. */
export const continuing = {
  ...shared,
  runsForDays: z
    .int()
    .min(1)
    .max(2 * windowDaysMax)
    .default(90)
    .meta(meaning('For how many days new customers enter.', '在多少天内持续纳入新的客户。')),
};

/** Those of a strategy whose occasion comes again. */
export const repeating = {
  ...continuing,
  entersEveryDays: z
    .int()
    .min(1)
    .max(2 * windowDaysMax)
    .default(30)
    .meta(
      meaning(
        'A customer enters once in each span of so many days, counted from the start, and again in the next one. As long as runsForDays or longer: once in all.',
        '自开始时间起，每隔这么多天为一期；同一客户每期最多进入一次，下一期可再次进入。不短于 runsForDays 时，总共只进入一次。',
      ),
    ),
};

/** How often a customer may enter: the runs of the period. */
export const entriesOf = ({
  runsForDays,
  entersEveryDays,
}: {
  readonly runsForDays: number;
  readonly entersEveryDays: number;
}): number => Math.ceil(runsForDays / entersEveryDays);

interface Shared {
  readonly startsAt?: string;
  readonly holdoutShare: number;
  readonly channels: CampaignDefinition['channels'];
}

export const startOf = ({ startsAt }: Pick<Shared, 'startsAt'>, nowMs: number): string =>
  new Date(startsAt ?? nowMs).toISOString();

export const periodOf = (
  parameters: Pick<Shared, 'startsAt'> & { readonly runsForDays: number },
  nowMs: number,
): { readonly startsAt: string; readonly endsAt: string } => {
  const startsAt = startOf(parameters, nowMs);
  const endsAt = new Date(Date.parse(startsAt) + parameters.runsForDays * dayMs).toISOString();
  return { startsAt, endsAt };
};

export const onEvent = (
  event: string,
  parameters: Pick<Shared, 'startsAt'> & { readonly runsForDays: number; readonly entersEveryDays?: number },
  nowMs: number,
): Trigger => {
  const { runsForDays, entersEveryDays = runsForDays } = parameters;
  return {
    kind: 'event',
    event,
    ...(entersEveryDays < runsForDays && { entersEveryDays }),
    ...periodOf(parameters, nowMs),
  };
};

/** What most strategies share; what a strategy states stands over it. */
export const usual = ({ holdoutShare, channels }: Shared) =>
  ({
    holdoutShare,
    channels,
    purpose: 'marketing',
    priority: 0,
    sendTime: { kind: 'at-once' },
    recommendationsCount: 3,
    windowDays: 30,
    metrics: defaultMetrics,
    allocation: { kind: 'fixed' },
    decision: fixedDecision,
    lookDays: [],
    rollout: 'manual',
  }) as const satisfies Partial<CampaignDefinition>;
