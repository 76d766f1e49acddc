// Where there is no number, why, and what to do: each reason once, with whom it concerns, in place of a blank or a zero.

import { escaped, type Format } from './report-format.ts';
import { armName } from './report-words.ts';
import type { Estimate, NoEstimate } from './result.ts';

export interface Missing {
  readonly who: string;
  readonly why: NoEstimate;
}

export const missingOf = (
  comparisons: readonly { readonly arm: string; readonly estimate: Estimate | NoEstimate }[],
  { language }: Format,
): readonly Missing[] =>
  comparisons.flatMap(({ arm, estimate }) =>
    estimate.kind === 'no-estimate' ? [{ who: armName(arm)[language], why: estimate }] : [],
  );

export const reasons = (missing: readonly Missing[], { text, language }: Format): string => {
  const [comma, colon, space] = language === 'en' ? [', ', ': ', ' '] : ['、', '：', ''];
  return [...Map.groupBy(missing, ({ why }) => why.code).values()]
    .map((same) => {
      const [{ why }] = same;
      const who = [...new Set(same.map((each) => each.who))].map(escaped).join(comma);
      const none = text({ en: 'no estimate.', 'zh-CN': '没有估计值。' });
      return `<p class="note none"><b>${who}</b>${colon}${[none, text(why.reason), text(why.action)].join(space)}</p>`;
    })
    .join('\n');
};
