// How to read what a look says before the end: one sentence or two beside the boundaries and the watching intervals.

import type { DecisionRule } from '../assignment/decision-rule.ts';
import type { SequentialArm, Text, Watched } from './result.ts';

export interface NoteFacts {
  readonly kind: DecisionRule['kind'];
  readonly look: number;
  /** The test is over with this look, and not by its end. */
  readonly endsEarly: boolean;
  readonly final: boolean;
  readonly arms: readonly SequentialArm[];
  readonly watching: readonly Watched[];
}

export const lookNote = (facts: NoteFacts): Text => {
  const said = [...(facts.kind === 'fixed' ? [] : [boundaryNote(facts)]), ...watchingNote(facts)];
  return { en: said.map(({ en }) => en).join(' '), 'zh-CN': said.map((text) => text['zh-CN']).join('') };
};

const boundaryNote = ({ arms, look, endsEarly, final }: NoteFacts): Text => {
  const fraction = Math.max(...arms.map(({ informationFraction }) => informationFraction));
  const share = `${(100 * fraction).toFixed(0)}%`;
  const boundaries = arms.flatMap(({ boundary }) => (boundary === null ? [] : [boundary]));
  if (fraction === 0) {
    return {
      en: 'No customer of both arms has had the whole window yet, so this look can only stop for harm.',
      'zh-CN': '尚无客户走完整个窗口，本次分析只能因损害而停止。',
    };
  }
  if (boundaries.length === 0) {
    return {
      en: `Look ${look} has ${share} of the planned customers, too few or too little that is new: it decides nothing and uses up nothing.`,
      'zh-CN': `第 ${look} 次分析时已有计划客户的 ${share}，新增太少：不作决定，也不消耗误差。`,
    };
  }
  const [least, most] = [Math.min(...boundaries), Math.max(...boundaries)].map((each) => each.toFixed(2));
  const isOne = least === most;
  const [bound, boundZh] = isOne
    ? [least, least]
    : [`${least} to ${most}, by the size of the arm`, `${least} 至 ${most}（依各组人数）`];
  const [en, zh] = final
    ? ['This is the last look.', '这是最后一次分析。']
    : endsEarly
      ? ['The test ends here.', '测试到此结束。']
      : ['The test goes on.', '测试继续。'];
  return {
    en: `Look ${look} has ${share} of the planned customers; an effect is shown where |z| reaches ${bound}. Intervals and p-values hold over all looks together. ${en}`,
    'zh-CN': `第 ${look} 次分析时已有计划客户的 ${share}；|z| 达到 ${boundZh}${isOne ? ' ' : ''}才算显示效果。区间与 p 值对全部分析同时有效。${zh}`,
  };
};

const watchingNote = ({ watching }: NoteFacts): readonly Text[] => {
  if (watching.length === 0) return [];
  return watching.every(({ over }) => over === 'so-far')
    ? [
        {
          en: 'The watching interval is of who has bought so far and may be read as often as you like; the result is read at the end.',
          'zh-CN': '观察区间针对目前已购买的客户，可随时查看；结论在结束时得出。',
        },
      ]
    : [
        {
          en: 'The watching interval holds however often it is read; it is wider than the result will be, and decides nothing.',
          'zh-CN': '观察区间无论查看多少次都有效；它比最终结果更宽，不用于决定。',
        },
      ];
};
