// The report of a campaign as a page for marketers: sentences, plots and tables in one language, printable, readable at
// the width of a phone, without script and without anything loaded from elsewhere.

import type { Language } from '../events/customer.ts';
import type { CampaignReport } from './campaign-report.ts';
import { effectSection } from './report-effect.ts';
import { escaped, type Format, formatOf, table } from './report-format.ts';
import { funnelSection } from './report-funnel.ts';
import { words } from './report-words.ts';
import type { Text } from './result.ts';

export const reportPage = (report: CampaignReport, language: Language): string => {
  const format = formatOf(language);
  const { analysis, costs } = report;
  const sections = [
    funnelSection(report, 'test', format),
    analysis === null ? openSection(report, format) : effectSection(analysis, costs.currency, format),
    funnelSection(report, 'rollout', format),
    runsSection(report, format),
  ];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(report.name)}</title>
<style>${style}</style>
</head>
<body>
<main>
${head(report, format)}
${sections.filter((section) => section !== '').join('\n')}
</main>
</body>
</html>
`;
};

const style = `body{margin:0;background:#f3f5f9;color:#161b26;font:16px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}
header,section{background:#fff;border-radius:14px;padding:24px 28px;margin:0 0 16px;break-inside:avoid-page}
h1{font-size:26px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:20px;margin:0 0 8px;overflow-wrap:anywhere}h3{font-size:15px;margin:20px 0 8px}
p{margin:8px 0}.meta,.note,small{color:#5b6579;font-size:14px}
.result{font-weight:600;background:#eef3fd;border-radius:10px;padding:12px 16px}
.wide{overflow-x:auto;margin:16px 0 4px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:start;border-bottom:1px solid #e3e8f0;vertical-align:top;word-break:keep-all}
th{font-weight:600;color:#5b6579;line-height:1.3;vertical-align:bottom}th:first-child,td:first-child{padding-inline-start:0}
.n{text-align:end;white-space:nowrap}th.n{white-space:normal}.total td{font-weight:600;border-bottom:0;border-top:2px solid #c3ccdb}
svg{display:block;overflow:visible;margin:16px 0 8px;font-family:inherit}
@media (max-width:600px){main{padding:12px 8px 32px}header,section{padding:18px 16px}}
@media print{body{background:#fff;font-size:12px}main{max-width:none;padding:0}header,section{padding:8px 0;border-radius:0}.wide{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}`;

const statuses: { readonly [status in CampaignReport['status']]: Text } = {
  draft: { en: 'draft', 'zh-CN': '草稿' },
  running: { en: 'running', 'zh-CN': '进行中' },
  paused: { en: 'paused', 'zh-CN': '已暂停' },
  cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
  finished: { en: 'finished', 'zh-CN': '已结束' },
};

const head = (
  { name, status, asOf, windowDays, sentence, runsCount }: CampaignReport,
  { text, date, count }: Format,
): string => {
  const state = statuses[status];
  const meta = {
    en: `Campaign ${state.en}, ${runsCount === 1 ? 'one run' : `${count(runsCount)} runs`}, ${windowDays} days of measuring after each assignment. As of ${date(asOf)}.`,
    'zh-CN': `活动${state['zh-CN']}，共 ${count(runsCount)} 个批次，每次分组后测量 ${windowDays} 天。数据截至 ${date(asOf)}。`,
  };
  return `<header><h1>${escaped(name)}</h1>
<p class="meta">${text(meta)}</p>
${sentence === null ? '' : `<p class="result">${text(sentence)}</p>`}</header>`;
};

const openSection = ({ runsCount, status }: CampaignReport, { text }: Format): string => {
  const why = runsCount === 0 ? noRun : status === 'cancelled' ? cancelled : repeats;
  return `<section><h2>${text({ en: 'What the campaign caused', 'zh-CN': '活动带来的变化' })}</h2>
<p>${text(why)}</p></section>`;
};

const noRun: Text = {
  en: 'Nobody has been assigned yet, so there is nothing to compare.',
  'zh-CN': '尚无客户分组，因此没有可比较的内容。',
};
const cancelled: Text = {
  en: 'The campaign was cancelled: what all runs together caused is not stated. Each run that was over by then has its own result.',
  'zh-CN': '活动已取消：不再给出全部批次的总体效果。取消前已结束的批次有各自的结果。',
};
const repeats: Text = {
  en: 'The campaign repeats and has not ended: what all runs together caused is stated when the last window is over. Each run that is over has its own result.',
  'zh-CN':
    '活动会重复进行且尚未结束：全部批次的总体效果将在最后一个窗口结束后给出。已结束的批次有各自的结果。',
};

const runsSection = (
  { runs, runsCount }: CampaignReport,
  { text, date, count, percent, range, language }: Format,
) => {
  if (runsCount < 2) {
    return '';
  }
  const rows = runs.map(({ runId, frozenAt, funnel, analysis }) => {
    const sum = (field: 'customers' | 'sent' | 'ordered'): number =>
      funnel.customers.reduce((total, { counts }) => total + counts[field], 0);
    const effects = analysis.effects.map(({ arm, buyers, customers }) =>
      buyers.kind === 'estimate' && customers > 0
        ? `${escaped(arm)} ${percent(buyers.value / customers)} (${range(buyers, (value) => percent(value / customers))})`
        : `${escaped(arm)} –`,
    );
    return [
      escaped(runId),
      date(frozenAt),
      count(sum('customers')),
      count(sum('sent')),
      count(sum('ordered')),
      effects.join('<br>'),
    ];
  });
  const effect = { en: 'Added to the repurchase rate', 'zh-CN': '复购率提升' };
  return `<section><h2>${text({ en: 'Runs', 'zh-CN': '各批次' })}</h2>
${table(
  [
    { label: words.run, isText: true },
    { label: words.started, isText: true },
    { label: words.customers },
    { label: words.sent },
    { label: words.ordered },
    { label: effect },
  ],
  rows,
  formatOf(language),
)}</section>`;
};
