// The report of an experiment as a page: the result in one sentence, then what it shares with a campaign's report, and who
// met which variant. `looks`: the results kept of its looks, oldest first; the newest result may be one made between them.

import type { Experiment } from '../assignment/experiment.ts';
import type { Language } from '../events/customer.ts';
import type { ExperimentResults } from './experiment-overview.ts';
import type { ExperimentResult } from './experiment-result.ts';
import { documentOf, headOf, metricsLink, resultLink } from './report-document.ts';
import { type Format, formatOf, table } from './report-format.ts';
import { testSections } from './report-test.ts';
import { armName, words } from './report-words.ts';
import type { Text } from './result.ts';

export const experimentPage = (
  experiment: Experiment,
  { latest, results, nextLookAt }: Pick<ExperimentResults, 'latest' | 'results' | 'nextLookAt'>,
  language: Language,
): string => {
  const format = formatOf(language);
  const head = headOf(
    {
      name: experiment.name,
      meta: metaOf(experiment, latest, nextLookAt, format),
      sentence: latest?.sentence ?? null,
      downloads: [resultLink, metricsLink],
    },
    format,
    latest?.sampleRatio.ok !== false,
  );
  return documentOf(experiment.name, language, [
    head,
    ...(latest === null
      ? [`<section><p class="note none">${format.text(nothingYet)}</p></section>`]
      : [...testSections(latest, results, format), exposuresSection(latest, format)]),
  ]);
};

const nothingYet: Text = {
  en: 'There is no result yet. The first look makes one; ask for one now by POST …/analyse once the experiment has started.',
  'zh-CN': '尚无结果。首次分析后会有结果；实验开始后也可通过 POST …/analyse 立即计算。',
};

const statuses: { readonly [status in Experiment['status']]: Text } = {
  draft: { en: 'draft', 'zh-CN': '草稿' },
  running: { en: 'running', 'zh-CN': '进行中' },
  stopped: { en: 'stopped', 'zh-CN': '已停止' },
  finished: { en: 'finished', 'zh-CN': '已结束' },
};

const metaOf = (
  { status, subject, windowDays, startsAt, endsAt }: Experiment,
  latest: ExperimentResult | null,
  nextLookAt: string | null,
  { date }: Format,
): Text => {
  const [state, of] = [statuses[status], subjects[subject]];
  const asOf = latest === null ? '' : date(latest.asOf);
  const next = nextLookAt === null ? '' : date(nextLookAt);
  return {
    en: `Experiment ${of.en}, ${state.en}. Customers enter from ${date(startsAt)} to ${date(endsAt)}; each is measured for ${windowDays} days.${asOf && ` As of ${asOf}.`}${next && ` Next look: ${next}.`}`,
    'zh-CN': `${of['zh-CN']}实验，${state['zh-CN']}；客户于 ${date(startsAt)} 至 ${date(endsAt)} 进入，各测量 ${windowDays} 天。${asOf && `数据截至 ${asOf}。`}${next && `下次分析：${next}。`}`,
  };
};

const subjects: { readonly [subject in Experiment['subject']]: Text } = {
  recommendations: { en: 'on recommendations', 'zh-CN': '推荐' },
  external: { en: 'assigned by an app', 'zh-CN': '应用自行分组的' },
};

const exposuresSection = ({ exposures }: ExperimentResult, format: Format): string => {
  const rows = exposures.map(({ arm, exposed, crossed, programs, silent }) => [
    format.text(armName(arm)),
    ...[exposed, crossed, programs, silent].map(format.count),
  ]);
  return `<section><h2>${format.text({ en: 'Who met which variant', 'zh-CN': '曝光情况' })}</h2>
<p>${format.text(exposureMeaning)}</p>
${table(
  [
    { label: words.arm, isText: true },
    { label: { en: 'Customers', 'zh-CN': '客户' } },
    { label: { en: 'Met another later', 'zh-CN': '后来见到其他变体' } },
    { label: { en: 'Programs, left out', 'zh-CN': '程序（已剔除）' } },
    { label: { en: 'Did nothing else', 'zh-CN': '无其他行为' } },
  ],
  rows,
  format,
)}</section>`;
};

const exposureMeaning: Text = {
  en: 'A customer belongs to the variant they met first, whatever they met later. More exposures in a day than a person makes are a program’s, and left out.',
  'zh-CN': '客户归入其首次见到的变体，无论之后见到什么。一天内曝光次数超过真人可能的视为程序，予以剔除。',
};
