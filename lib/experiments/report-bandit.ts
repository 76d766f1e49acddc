// What a test under a bandit shows: estimates that hold though the weights followed the outcomes (by batch), each arm's
// share and outlook, and how the weights went from batch to batch, one panel an arm on one scale from 0 to 100%.

import { chart } from './report-chart.ts';
import { forest } from './report-forest.ts';
import { escaped, type Format, table } from './report-format.ts';
import { differenceHtml, differenceText, intervalOf, pText } from './report-metrics.ts';
import { chanceText, type MetricFormat, metricFormat } from './report-numbers.ts';
import { missingOf, reasons } from './report-reasons.ts';
import { armName, words } from './report-words.ts';
import type { BanditResult, TestResult, Text } from './result.ts';

export const banditSection = (
  result: Pick<TestResult, 'bandit' | 'currency' | 'windowDays'>,
  format: Format,
): string => {
  const { bandit } = result;
  if (bandit === undefined) {
    return '';
  }
  const { text, language } = format;
  const numbers = metricFormat({ metric: 'repurchase', unit: 'share' }, result, language);
  return `<section><h2>${text({ en: `Bandit: ${numbers.name.en}`, 'zh-CN': `自适应分配：${numbers.name['zh-CN']}` })}</h2>
<p>${text(meaning)}</p>
${effects(bandit, numbers, format)}
${armsTable(bandit, numbers, format)}
${weights(bandit, format)}</section>`;
};

const meaning: Text = {
  en: 'The shares of the arms followed what was bought so far, so an ordinary test would be wrong here. These estimates compare within each batch and weigh the batches; they hold whichever shares the bandit chose.',
  'zh-CN':
    '各组的分配比例随已有购买结果变化，普通检验在此不成立。下列估计在每一批内部比较并对各批加权，无论比例如何变化都成立。',
};

const effects = ({ comparisons }: BanditResult, numbers: MetricFormat, format: Format): string => {
  const { text, language } = format;
  const rows = comparisons.flatMap(({ arm, reference, estimate, adjustedPValue }) => {
    if (estimate.kind === 'no-estimate') {
      return [];
    }
    const [name, against] = [armName(arm), armName(reference)];
    const p = pText(estimate.pValue, adjustedPValue, language);
    return [
      {
        name: text(name),
        plain: intervalOf(estimate),
        shown: `${differenceHtml(estimate, numbers)}<br><small>${escaped(p)}</small>`,
        title: `${name[language]} – ${against[language]}`,
        description: `${differenceText(estimate, numbers)}, ${p}`,
      },
    ];
  });
  return `${rows.length === 0 ? '' : forest(rows, numbers.tick)}${reasons(missingOf(comparisons, format), format)}`;
};

const armsTable = ({ arms }: BanditResult, numbers: MetricFormat, format: Format): string =>
  table(
    [
      { label: words.arm, isText: true },
      { label: { en: 'Share (95%)', 'zh-CN': '比率（95% 区间）' } },
      { label: { en: 'Chance to be the best', 'zh-CN': '最优的概率' } },
      { label: { en: 'Expected loss if chosen', 'zh-CN': '选用的期望损失' } },
    ],
    arms.map(({ arm, share, probabilityBest, expectedLoss }) => [
      format.text(armName(arm)),
      share === null
        ? format.text({ en: 'nobody counted yet', 'zh-CN': '尚无人计入' })
        : `${numbers.value(share.value)} (${numbers.value(share.low)} … ${numbers.value(share.high)})`,
      probabilityBest === undefined ? '–' : escaped(chanceText(probabilityBest)),
      expectedLoss === undefined ? '–' : escaped(numbers.size(expectedLoss)),
    ]),
    format,
  );

const weights = ({ batches, arms }: BanditResult, format: Format): string => {
  const { text, count } = format;
  const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
  const panels = arms.flatMap(({ arm }) => {
    const of = batches.flatMap(({ batch, arms: cells }) => {
      const cell = cells.find((each) => each.arm === arm);
      return cell === undefined ? [] : [{ ...cell, batch }];
    });
    if (of.length === 0) {
      return [];
    }
    const name = armName(arm);
    const plot = chart(
      {
        title: text({ en: `Share by batch: ${name.en}`, 'zh-CN': `各批分配比例：${name['zh-CN']}` }),
        description: of.map(({ batch, share }) => `${batch}: ${percent(share)}`).join('; '),
        series: [
          {
            name,
            look: 'plain',
            isJoined: true,
            points: of.map(({ batch, share }) => ({ x: batch, value: share })),
          },
        ],
        across: of.map(({ batch }) => ({ x: batch, label: String(batch) })),
        acrossName: { en: 'batch', 'zh-CN': '批次' }[format.language],
        tick: (value) => `${Math.round(value * 100)}%`,
        include: [0, 1],
        numbers: {
          columns: [
            { label: { en: 'Batch', 'zh-CN': '批次' }, isText: true },
            { label: { en: 'Share', 'zh-CN': '分配比例' } },
            { label: words.customers },
            { label: { en: 'Window over', 'zh-CN': '窗口已结束' } },
            { label: words.conversions },
          ],
          rows: of.map(({ batch, share, customers, matured, buyers }) => [
            String(batch),
            percent(share),
            count(customers),
            count(matured),
            count(buyers),
          ]),
        },
      },
      format,
    );
    return [`<div><h3>${text(name)}</h3>${plot}</div>`];
  });
  return panels.length === 0
    ? ''
    : `<h3>${text({ en: 'Shares of the arms by batch', 'zh-CN': '各批次的分配比例' })}</h3><div class="panels">${panels.join('\n')}</div>`;
};
