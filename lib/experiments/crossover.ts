// Crossover check: customers who met another arm's treatment than their own (two accounts, a shared device, a message
// sent by hand). The comparison stays valid for assignment, yet its effect is watered down: with shares c1 and c0 of both
// arms crossed it measures about (1 − c1 − c0) of the effect of treatment. Shares in [0, 1]; arms with nobody are skipped.

import { crossoverShareMax } from '../base/limits.ts';
import type { Check } from './result.ts';

export interface ArmExposure {
  readonly arm: string;
  /** Assigned customers who met any arm at all. */
  readonly exposed: number;
  /** Of those, who met another arm than theirs. */
  readonly crossed: number;
}

export const crossoverCheck = (arms: readonly ArmExposure[]): Check => {
  const worst = arms
    .filter(({ exposed }) => exposed > 0)
    .map(({ arm, exposed, crossed }) => ({ arm, share: crossed / exposed }))
    .sort((a, b) => b.share - a.share)[0];
  if (worst === undefined || worst.share <= crossoverShareMax) {
    const share = percent(worst?.share ?? 0);
    return {
      name: 'crossover',
      ok: true,
      message: {
        en: `Customers met their own arm; at most ${share} of an arm met another.`,
        'zh-CN': `客户接触的都是本组内容；任何一组中接触到其他组的不超过 ${share}。`,
      },
    };
  }
  return {
    name: 'crossover',
    ok: false,
    message: {
      en: `In arm ${worst.arm} ${percent(worst.share)} of the customers met another arm too; the effect shown is smaller than that of the treatment.`,
      'zh-CN': `${worst.arm} 组中有 ${percent(worst.share)} 的客户也接触到其他组；显示的效果小于实际触达的效果。`,
    },
    action: {
      en: 'Find out how they met it: shared devices, merged accounts, or what is shown or sent outside the test.',
      'zh-CN': '请查明接触途径：共用设备、账号合并，或测试之外展示或发送的内容。',
    },
  };
};

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
