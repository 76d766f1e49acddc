// The part of the report page that says what the campaign caused, cost and gave away: against the holdout, with its
// uncertainty, and in words why there is no number where there is none.

import type { Analysis } from './campaign-report.ts';
import type { Cannibalisation } from './cannibalisation.ts';
import type { ArmEffect, Increment } from './increments.ts';
import { forest } from './report-forest.ts';
import { type Format, table } from './report-format.ts';
import { sharePlot } from './report-plots.ts';
import { armName, words } from './report-words.ts';
import type { NoEstimate, Text } from './result.ts';

export const effectSection = (analysis: Analysis, costCurrency: string, format: Format): string => {
  const { text } = format;
  const title = { en: 'What the campaign caused', 'zh-CN': '活动带来的变化' };
  return `<section><h2>${text(title)}</h2>
${analysis.effects.length === 0 ? `<p>${text(noReference)}</p>` : ''}
${buyersPlot(analysis.effects, format)}
${reasonsOf(
  analysis.effects.flatMap((effect) => [effect.buyers, effect.revenue, effect.margin]),
  format,
)}
${analysis.effects.length === 0 ? '' : effectTable(analysis, format)}</section>
${analysis.effects.length === 0 ? '' : moneySection(analysis, costCurrency, format)}
${analysis.effects.map((effect) => cannibalisationSection(effect, analysis.currency, format)).join('\n')}`;
};

const noReference: Text = {
  en: 'No arm was left untreated, or none was treated: nothing can be said about what the campaign caused.',
  'zh-CN': '没有保留对照组，或没有任何组被触达：无法判断活动带来了什么。',
};

const buyersPlot = (effects: readonly ArmEffect[], { text, language, amount, range }: Format): string => {
  const rows = effects.flatMap(({ arm, buyers }) => {
    if (buyers.kind === 'no-estimate') {
      return [];
    }
    const shown = `${amount(buyers.value)} (${range(buyers, amount)})`;
    const name = armName(arm);
    return [{ name: text(name), plain: buyers, shown, title: name[language], description: shown }];
  });
  const title = {
    en: 'Buyers beyond those who would have bought anyway, with 95% interval',
    'zh-CN': '超出自然购买的新增购买者（95% 区间）',
  };
  return rows.length === 0 ? '' : `<h3>${text(title)}</h3>${forest(rows, amount)}`;
};

/** Each reason once, with what to do about it. */
const reasonsOf = (increments: readonly (Increment | Cannibalisation)[], { text }: Format): string => {
  const missing = new Map<string, NoEstimate>();
  for (const increment of increments) {
    if (increment.kind === 'no-estimate') {
      missing.set(increment.code, increment);
    }
  }
  return [...missing.values()]
    .map(({ reason, action }) => `<p class="note">${text(reason)} ${text(action)}</p>`)
    .join('\n');
};

const cell = (increment: Increment, one: (value: number) => string, format: Format): string =>
  increment.kind === 'estimate'
    ? `${one(increment.value)}<br><small>${format.range(increment, one)}</small>`
    : format.text({ en: 'no estimate', 'zh-CN': '无估计' });

const effectTable = ({ effects, currency }: Analysis, format: Format): string => {
  const money = (value: number): string => format.money(value, currency);
  return table(
    [
      { label: words.arm, isText: true },
      { label: words.addBuyers },
      { label: words.addOrders },
      { label: words.addRevenue },
      { label: words.addMargin },
    ],
    effects.map(({ arm, buyers, orders, revenue, margin }) => [
      format.text(armName(arm)),
      cell(buyers, format.amount, format),
      cell(orders, format.amount, format),
      cell(revenue, money, format),
      cell(margin, money, format),
    ]),
    format,
  );
};

const moneySection = ({ effects, currency }: Analysis, costCurrency: string, format: Format): string => {
  const { text, money, amount, percent } = format;
  const rows = effects.map(({ arm, messageCost, discounts, returnOnSpending, breakEvenOrders }) => [
    text(armName(arm)),
    messageCost === null ? '–' : money(messageCost, costCurrency),
    money(discounts, currency),
    cell(returnOnSpending, percent, format),
    breakEvenOrders === null ? '–' : amount(breakEvenOrders),
  ]);
  return `<section><h2>${text({ en: 'Costs and return', 'zh-CN': '成本与回报' })}</h2>
<p>${text(moneyNote)}</p>
${table(
  [
    { label: words.arm, isText: true },
    { label: words.messageCost },
    { label: words.discounts },
    { label: words.returnOn },
    { label: words.breakEven },
  ],
  rows,
  format,
)}
${reasonsOf(
  effects.map(({ returnOnSpending }) => returnOnSpending),
  format,
)}</section>`;
};

const moneyNote: Text = {
  en: 'Spent is what the messages cost and what was taken off orders. The return is what came in beyond that, per unit spent: additional margin where the costs of all items are known, else additional revenue, both after discounts, less the messages. Below 0% the campaign cost more than it brought.',
  'zh-CN':
    '投入包括消息成本和订单优惠金额。回报率为每单位投入带来的净收益：所有商品成本已知时用新增毛利，否则用新增收入，均已扣除优惠，再减去消息成本。低于 0% 表示活动入不敷出。',
};

const cannibalisationSection = (
  { arm, cannibalisation, reference }: ArmEffect,
  currency: string | null,
  format: Format,
): string => {
  if (cannibalisation === null) {
    return '';
  }
  const { text, language } = format;
  const name = armName(arm)[language];
  const title = {
    en: `Discounts to those who would have bought anyway: ${name}`,
    'zh-CN': `优惠给了本来就会购买的人：${name}`,
  };
  const body =
    cannibalisation.kind === 'no-estimate'
      ? reasonsOf([cannibalisation], format)
      : `<p>${text(whoGotIt(cannibalisation, armName(reference), currency, format))}</p>
${sharePlot(title[language], { least: cannibalisation.least.value, most: cannibalisation.most }, cannibalisation.share)}
${cannibalisation.clamped ? `<p class="note">${text(clampedNote)}</p>` : ''}
<p class="note">${text(assumptionNote)}</p>`;
  return `<section><h2>${text(title)}</h2>\n${body}</section>`;
};

const whoGotIt = (
  { redeemers, share, least, most, discountSum, discountLost, induced }: Cannibalisation,
  reference: Text,
  currency: string | null,
  { count, percent, money, amount, range }: Format,
): Text => {
  const cash = (value: number): string => money(value, currency);
  return {
    en: `${count(redeemers)} customers bought with the code. Against the ${reference.en}, the arm had ${amount(induced.value)} additional buyers (${range(induced, amount)}). So about ${percent(share.value)} of those who redeemed (${range(share, percent)}) would have bought anyway; ${percent(least.value)} (${range(least, percent)}) if everybody who was persuaded redeemed, and no more than ${percent(most)}. Of ${cash(discountSum)} in discounts about ${cash(discountLost.value)} (${range(discountLost, cash)}) went to them.`,
    'zh-CN': `${count(redeemers)} 位客户使用优惠码购买。与${reference['zh-CN']}相比，该组新增购买者 ${amount(induced.value)} 人（${range(induced, amount)}）。因此核销者中约 ${percent(share.value)}（${range(share, percent)}）本来就会购买；若被说服者全部核销则为 ${percent(least.value)}（${range(least, percent)}），且不多于 ${percent(most)}。${cash(discountSum)} 的优惠中约 ${cash(discountLost.value)}（${range(discountLost, cash)}）给了他们。`,
  };
};

const clampedNote: Text = {
  en: 'The measured share lay outside 0 to 100% and was brought back to the nearer end: chance is as large as the effect here, so read this as no more than a sign.',
  'zh-CN': '测得的占比超出 0–100%，已取最近的端点：此处偶然性与效果相当，仅供参考。',
};

const assumptionNote: Text = {
  en: 'Assumed: the holdout shows what these customers would have done, and the offer kept nobody from buying. The estimate takes it that those who were persuaded redeemed as often as those who would have bought anyway; if the persuaded redeemed more often, the truth lies lower, down to the lower bound. The pale band shows what is possible, the dot the estimate, the line its 95% interval.',
  'zh-CN':
    '假设：对照组反映了这些客户本来的行为，且优惠没有使任何人放弃购买。估计值假定被说服的客户与本来就会购买的客户核销比例相同；若被说服者核销更多，真实值会更低，直至下限。浅色带为可能范围，圆点为估计值，线段为 95% 区间。',
};
