// What a reader should know of the exposures an experiment rests on: customers who met two variants, programs left out
// or suspected (lib/outcomes/exposures.ts has the rule), and variants that the experiment does not have.

import {
  personExposuresADayMax,
  programShareMax,
  silentExposuresCountMin,
  silentShareMax,
} from '../base/limits.ts';
import type { Exposed, ExposedArm } from '../outcomes/exposures.ts';
import { crossoverCheck } from './crossover.ts';
import type { Check } from './result.ts';

export const exposureChecks = ({ arms, unknown }: Pick<Exposed, 'arms' | 'unknown'>): readonly Check[] => [
  crossoverCheck(arms),
  programsCheck(arms),
  silentCheck(arms),
  unknownCheck(unknown),
];

const sumOf = (arms: readonly ExposedArm[], field: 'exposed' | 'programs' | 'silent'): number =>
  arms.reduce((sum, arm) => sum + arm[field], 0);

const eachOf = (arms: readonly ExposedArm[], field: 'programs' | 'silent'): string =>
  arms.map((arm) => `${arm.arm}: ${arm[field]}`).join(', ');

const programsCheck = (arms: readonly ExposedArm[]): Check => {
  const [left, kept] = [sumOf(arms, 'programs'), sumOf(arms, 'exposed')];
  const ok = left <= programShareMax * (left + kept);
  const each = left === 0 ? '' : ` (${eachOf(arms, 'programs')})`;
  return {
    name: 'programs',
    ok,
    message: {
      en: `Left out as programs, with more than ${personExposuresADayMax} exposures in one day: ${left}${each}.`,
      'zh-CN': `${left} 位一天内曝光超过 ${personExposuresADayMax} 次的客户被视为程序，未计入${each}。`,
    },
    ...(!ok && {
      action: {
        en: 'Find out what asks so often (a crawler, a monitor, a test account) and keep it out of the experiment.',
        'zh-CN': '请查明频繁请求的来源（爬虫、监控或测试账号），并将其排除在实验之外。',
      },
    }),
  };
};

const silentCheck = (arms: readonly ExposedArm[]): Check => {
  const [silent, kept] = [sumOf(arms, 'silent'), sumOf(arms, 'exposed')];
  const ok = silent <= silentShareMax * kept;
  const each = silent === 0 ? '' : ` (${eachOf(arms, 'silent')})`;
  return {
    name: 'silent-exposures',
    ok,
    message: {
      en: `Counted, though they had ${silentExposuresCountMin} exposures or more and no other event: ${silent}${each}.`,
      'zh-CN': `${silent} 位客户曝光达 ${silentExposuresCountMin} 次以上但没有其他事件${each}；仍计入。`,
    },
    ...(!ok && {
      action: {
        en: 'Look whether programs ask for the page, or whether the app sends its other events under another user id.',
        'zh-CN': '请检查是否有程序在请求页面，或应用是否以其他用户 ID 发送其余事件。',
      },
    }),
  };
};

const unknownCheck = (unknown: Exposed['unknown']): Check => {
  const named = [...unknown].map(([variant, customers]) => `"${variant}" ${customers}`).join(', ');
  const customers = [...unknown.values()].reduce((sum, count) => sum + count, 0);
  return customers === 0
    ? {
        name: 'variants-known',
        ok: true,
        message: {
          en: 'Every exposure names a variant of the experiment.',
          'zh-CN': '每次曝光都对应实验中的变体。',
        },
      }
    : {
        name: 'variants-known',
        ok: false,
        message: {
          en: `Exposures name variants that the experiment does not have (customers): ${named}. They are not counted.`,
          'zh-CN': `有曝光对应实验中不存在的变体（客户数）：${named}。未计入。`,
        },
        action: {
          en: 'Send variation_id, or variation_name, exactly as the variant is called in the definition.',
          'zh-CN': '请发送与定义中变体名称完全一致的 variation_id 或 variation_name。',
        },
      };
};
