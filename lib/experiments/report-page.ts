// The report of a campaign as a page for marketers: sentences, plots and tables in one language, printable, readable at
// the width of a phone, without script and without anything loaded from elsewhere.

import type { Language } from '../events/customer.ts';
import type { Analysis, CampaignReport } from './campaign-report.ts';
import { documentOf, headOf, metricsLink, resultLink } from './report-document.ts';
import { effectSection } from './report-effect.ts';
import { escaped, type Format, formatOf, table } from './report-format.ts';
import { funnelSection } from './report-funnel.ts';
import { testSections } from './report-test.ts';
import { words } from './report-words.ts';
import { allRuns, type CampaignResult, type TestResult, type Text } from './result.ts';

/** `looks`: the results kept, of all runs, oldest first. */
export const reportPage = (
  report: CampaignReport,
  looks: readonly CampaignResult[],
  language: Language,
): string => {
  const format = formatOf(language);
  const { analysis, costs } = report;
  const ofAll = looks.findLast(({ runId }) => runId === allRuns);
  const shown = analysis ?? ofAll ?? newestOver(report);
  return documentOf(report.name, language, [
    head(report, shown, format),
    ...(analysis === null ? [openSection(report, shown, format)] : []),
    ...(shown === null
      ? []
      : testSections(
          shown,
          looks.filter(({ runId }) => runId === shown.runId),
          format,
        )),
    ...(analysis === null ? [] : [effectSection(analysis, costs.currency, format)]),
    funnelSection(report, 'test', format),
    funnelSection(report, 'rollout', format),
    runsSection(report, format),
  ]);
};

type Shown = TestResult & { readonly runId: string };

/** Of the runs one by one: the newest whose windows are over, else the newest. */
const newestOver = ({ runs }: CampaignReport): Analysis | null => {
  const analyses = runs.map(({ analysis }) => analysis);
  return analyses.find(({ final }) => final) ?? analyses[0] ?? null;
};

const statuses: { readonly [status in CampaignReport['status']]: Text } = {
  draft: { en: 'draft', 'zh-CN': '草稿' },
  running: { en: 'running', 'zh-CN': '进行中' },
  paused: { en: 'paused', 'zh-CN': '已暂停' },
  cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
  finished: { en: 'finished', 'zh-CN': '已结束' },
};

const head = (
  { name, status, asOf, windowDays, sentence, runsCount }: CampaignReport,
  shown: Shown | null,
  format: Format,
): string => {
  const { date, count } = format;
  const state = statuses[status];
  const meta = {
    en: `Campaign ${state.en}, ${runsCount === 1 ? 'one run' : `${count(runsCount)} runs`}, ${windowDays} days of measuring after each assignment. As of ${date(asOf)}.`,
    'zh-CN': `活动${state['zh-CN']}，共 ${count(runsCount)} 个批次，每次分组后测量 ${windowDays} 天。数据截至 ${date(asOf)}。`,
  };
  const downloads = [resultLink, metricsLink, funnelLink];
  return headOf({ name, meta, sentence, downloads }, format, shown?.sampleRatio.ok !== false);
};

const funnelLink = {
  href: '?format=csv',
  label: { en: 'Where everyone went (CSV)', 'zh-CN': '客户去向（CSV）' },
};

const openSection = (
  { runsCount, status }: CampaignReport,
  shown: Shown | null,
  { text }: Format,
): string => {
  const why = runsCount === 0 ? noRun : status === 'cancelled' ? cancelled : repeats;
  const below = shown === null ? '' : `<p>${text(belowOf(shown.runId))}</p>`;
  return `<section><h2>${text({ en: 'What the campaign caused', 'zh-CN': '活动带来的变化' })}</h2>
<p>${text(why)}</p>${below}</section>`;
};

const belowOf = (runId: string): Text => ({
  en: `What follows up to the arms is of ${runId === allRuns ? 'all runs so far' : `one run: ${runId}`}.`,
  'zh-CN': `以下直至“各组”为${runId === allRuns ? '迄今全部批次' : `单个批次（${runId}）`}的结果。`,
});
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
