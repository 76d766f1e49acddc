// What an evaluation comes to in a sentence or two, and what it rests on, in both languages.

import { alikeShareMin } from '../../base/policy-limits.ts';
import type { OffPolicy, OffPolicyValue, Weights } from '../off-policy.ts';
import type { NoEstimate, Text } from '../result.ts';
import type { EvaluationRequest, EvaluationResult, OfferPolicy, Positions } from './evaluation.ts';

/** By the doubly robust estimate, or SNIPS where there is none. */
export const sentenceOn = (found: OffPolicy, request: EvaluationRequest): Text => {
  const { logged, gain } = found;
  const value = found.doublyRobust ?? found.snips;
  const refusal = [value, gain, logged].find((each) => each.kind === 'no-estimate');
  if (value.kind === 'no-estimate' || gain.kind === 'no-estimate' || logged.kind === 'no-estimate') {
    return refusal?.kind === 'no-estimate' ? refusedText(refusal) : { en: '', 'zh-CN': '' };
  }
  const subject = subjectOf(request);
  const digits = digitsFor(gain);
  const share = (each: number): string => `${(100 * each).toFixed(digits)}%`;
  const range = (each: OffPolicyValue, to: string): string => `${share(each.low)}${to}${share(each.high)}`;
  const points = (each: number): string => signed(100 * each, digits);
  const verdict = verdictOn(gain, unshown(found.weights, value.value));
  return {
    en: `${subject.en}: ${share(logged.value)} as logged, ${share(value.value)} with the new policy (95% interval ${range(value, ' to ')}), ${points(gain.value)} points (${points(gain.low)} to ${points(gain.high)}). ${verdict.en}`,
    'zh-CN': `${subject['zh-CN']}：日志策略为 ${share(logged.value)}，新策略为 ${share(value.value)}（95% 区间 ${range(value, ' 至 ')}），相差 ${points(gain.value)} 个百分点（${points(gain.low)} 至 ${points(gain.high)}）。${verdict['zh-CN']}`,
  };
};

const refusedText = ({ reason, action }: NoEstimate): Text => ({
  en: `No estimate. ${reason.en} ${action.en}`,
  'zh-CN': `无法估计。${reason['zh-CN']}${action['zh-CN']}`,
});

const subjectOf = ({ policy, outcome, windowDays }: EvaluationRequest): Text => {
  const isClick = outcome === 'click';
  const days = windowDays === 1 ? 'a day' : `${windowDays} days`;
  return policy.kind === 'offers'
    ? {
        en: `Customers who ${isClick ? 'clicked' : 'ordered'} within ${days}`,
        'zh-CN': `${windowDays} 天内${isClick ? '点击' : '下单'}的客户占比`,
      }
    : {
        en: `Shown items that were ${isClick ? 'clicked' : 'ordered'} within ${days}`,
        'zh-CN': `展示商品在 ${windowDays} 天内被${isClick ? '点击' : '购买'}的比例`,
      };
};

interface Unshown {
  /** Of what the new policy does, in [0, 1]. */
  readonly share: number;
  /** How much the policy's value could be off by it: worth nothing, or twice what is known of the rest. */
  readonly worth: number;
}

/** What the logs cannot show: a mean weight below 1 beyond its error. Estimates take it to be as good as the rest. */
const unshown = ({ mean, meanError }: Weights, value: number): Unshown => {
  const share = 1 - mean > 2 * meanError ? 1 - mean : 0;
  return { share, worth: share * Math.abs(value) };
};

const verdictOn = ({ low, high }: OffPolicyValue, { share, worth }: Unshown): Text => {
  const isDoubtful = (low > 0 && low - worth <= 0) || (high < 0 && high + worth >= 0);
  if (isDoubtful) {
    const percent = `${(100 * share).toFixed(1)}%`;
    return {
      en: `The logs cannot tell the two apart: they never showed ${percent} of what the new policy would do, and the difference rests on taking that to be as good as the rest. Log more of it first, or run it as an experiment.`,
      'zh-CN': `日志无法区分两种策略：新策略有 ${percent} 的做法从未出现在日志中，而差异取决于假定这部分与其余同样好。请先记录更多这类数据，或直接做实验。`,
    };
  }
  if (low > 0) {
    return {
      en: 'Better by the logs: worth an experiment, which settles it.',
      'zh-CN': '日志显示更好：值得做一次实验来确认。',
    };
  }
  return high < 0
    ? { en: 'Worse by the logs: not worth an experiment.', 'zh-CN': '日志显示更差：不值得做实验。' }
    : { en: 'The logs cannot tell the two apart.', 'zh-CN': '日志无法区分两种策略。' };
};

/** Enough to tell the nearer end of the difference's interval from 0, at most four. */
const digitsFor = ({ low, high }: OffPolicyValue): number => {
  const nearest = 100 * Math.min(Math.abs(low), Math.abs(high));
  return nearest >= 0.1 || nearest === 0 ? 1 : Math.min(4, Math.ceil(-Math.log10(nearest)));
};

const signed = (value: number, digits: number): string => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
};

export const notesOnPages = (
  logs: EvaluationResult['logs'],
  positions: Positions,
  { outcome }: EvaluationRequest,
): readonly Text[] => [
  {
    en: 'Each page was asked of the new policy as serving would: of the customer rebuilt from the events received before the page, with the settings of today. Items withdrawn since are left out.',
    'zh-CN':
      '每个页面都按线上服务的方式向新策略重新请求：客户状态由该页面之前收到的事件重建，其余采用当前设置；之后下架的商品不计入。',
  },
  placesNote(positions),
  ...(outcome === 'order'
    ? [
        {
          en: 'An order counts for each page that showed the item in time, whatever led to it.',
          'zh-CN': '订单计入窗口内展示过该商品的每个页面，不论起因。',
        },
      ]
    : []),
  ...alikeNote(logs),
  ...partNote(logs),
];

const placesNote = ({ exponent, standardError, outcomes, estimated }: Positions): Text =>
  estimated
    ? {
        en: `A place of a page is looked at as place^−${exponent.toFixed(2)} (standard error ${standardError.toFixed(2)}, from ${outcomes} outcomes of explored items); what stands beside an item is taken not to matter.`,
        'zh-CN': `页面位置被看到的机会按位置的 −${exponent.toFixed(2)} 次幂下降（标准误 ${standardError.toFixed(2)}，由 ${outcomes} 个探索商品的结果估计）；假定相邻商品互不影响。`,
      }
    : {
        en: `All places of a page are taken to be looked at alike: ${outcomes} outcomes of explored items are too few to tell how later places fall off. What stands beside an item is taken not to matter.`,
        'zh-CN': `假定页面各位置被看到的机会相同：探索商品只有 ${outcomes} 个结果，不足以估计位置影响。并假定相邻商品互不影响。`,
      };

const alikeNote = ({ alike, decisions }: EvaluationResult['logs']): readonly Text[] => {
  if (alike === undefined || decisions === 0) return [];
  const share = alike / decisions;
  const percent = `${(100 * share).toFixed(0)}%`;
  return share >= alikeShareMin
    ? [
        {
          en: `${percent} of the pages come out as they were shown when their customer is rebuilt.`,
          'zh-CN': `重建客户后，${percent} 的页面与当时展示一致。`,
        },
      ]
    : [
        {
          en: `Only ${percent} of the pages come out as they were shown when their customer is rebuilt: settings changed since, or events are missing. The estimate is of today's settings.`,
          'zh-CN': `重建客户后，仅 ${percent} 的页面与当时展示一致：设置已变更，或事件缺失。估计针对当前设置。`,
        },
      ];
};

const partNote = ({ customersShare }: EvaluationResult['logs']): readonly Text[] =>
  customersShare < 1
    ? [
        {
          en: `Read were the pages of ${(100 * customersShare).toFixed(1)}% of the customers, drawn by a hash.`,
          'zh-CN': `仅读取了按哈希抽取的 ${(100 * customersShare).toFixed(1)}% 客户的页面。`,
        },
      ]
    : [];

export const notesOnOffers = ({ variantShares }: OfferPolicy): readonly Text[] => {
  const shares = Object.entries(variantShares)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(0)}%`)
    .join(', ');
  return [
    {
      en: `New policy: ${shares}, drawn anew for each customer. Probabilities are those of the assignment; the global holdout is left out.`,
      'zh-CN': `新策略：${shares}，对每位客户重新抽取。概率取自分组记录；不含全局对照组。`,
    },
  ];
};
