// Check of an experiment whose arms another system gave: are the arms that the app reported those of that system's hash?
// Where they are not, the app sent another id than it hashed, or the weights were changed on the way, and customers moved
// between arms. One in a hundred may differ (ids merged later).

import { type ForeignAssigner, foreignVariant } from '../assignment/foreign-assignment.ts';
import type { CustomerId } from '../base/ids.ts';
import { foreignMismatchShareMax } from '../base/limits.ts';
import type { Check } from './result.ts';

export const foreignAssignmentCheck = (
  assigner: ForeignAssigner,
  variants: readonly { readonly name: string; readonly weight: number }[],
  reported: Iterable<{ readonly customerId: CustomerId; readonly arm: string }>,
): Check => {
  let [count, different] = [0, 0];
  for (const { customerId, arm } of reported) {
    count++;
    different += foreignVariant(assigner, variants, customerId) === arm ? 0 : 1;
  }
  const ok = different <= foreignMismatchShareMax * count;
  const system = assigner.system === 'growthbook' ? 'GrowthBook' : 'Optimizely';
  return {
    name: 'assignment-of-origin',
    ok,
    message: {
      en: `${different} of ${count} customers were reported in another arm than ${system}'s hash gives them.`,
      'zh-CN': `${count} 位客户中有 ${different} 位上报的组与 ${system} 的哈希结果不一致。`,
    },
    ...(!ok && {
      action: {
        en: 'Compare the id that the app hashed with userId, the seed, the hash version and the weights (were they changed while it ran?); do not believe the result before they agree.',
        'zh-CN':
          '请核对应用用于哈希的 ID 与 userId、种子、哈希版本及权重（期间是否修改过？）；一致之前请勿采信结果。',
      },
    }),
  };
};
