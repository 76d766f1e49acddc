// The funnel's part of the report page, for one phase: plots, where everyone went, what became of the messages.

import type { Phase } from '../campaigns/audience.ts';
import { ended } from '../campaigns/waits.ts';
import { addCounts, totalOf } from '../outcomes/counts.ts';
import type { Funnel, MessageCell } from '../outcomes/funnel.ts';
import type { CustomerCounts, MessageCounts } from '../outcomes/funnel-counts.ts';
import type { CampaignReport } from './campaign-report.ts';
import type { Format } from './report-format.ts';
import { escaped, table } from './report-format.ts';
import { barPlot } from './report-plots.ts';
import { armName, channelName, reasonName, ruleName, words } from './report-words.ts';
import type { Text } from './result.ts';

export const funnelSection = (report: CampaignReport, phase: Phase, format: Format): string => {
  const funnel = report.total;
  const cells = funnel.customers.filter((cell) => cell.phase === phase);
  const messages = funnel.messages.filter((cell) => cell.phase === phase);
  if (cells.length === 0) {
    return '';
  }
  const all = sum(cells.map(({ counts }) => counts));
  const treated = sum(cells.filter(({ role }) => role === 'treated').map(({ counts }) => counts));
  const title =
    phase === 'test'
      ? { en: 'Where everyone went', 'zh-CN': '每位客户的去向' }
      : { en: 'Rollout to the holdout', 'zh-CN': '向对照组推广' };
  return `<section><h2>${format.text(title)}</h2>
<p>${format.text(sentence(all, treated, without(report, phase, treated?.waiting ?? 0, format), format))}</p>
${customerPlot(all, treated, format)}
${customerTable(cells, all, format)}
${reasonTable(words.suppressed, all?.suppressed ?? {}, format)}
${reasonTable(words.waiting, phase === 'test' ? (report.waitingFor ?? {}) : {}, format)}</section>
${messages.length === 0 ? '' : messageSection(messages, format)}`;
};

const sum = (counts: readonly CustomerCounts[]): CustomerCounts | undefined =>
  counts.length === 0 ? undefined : counts.reduce((a, b) => addCounts(a, b));

const sentence = (
  all: CustomerCounts | undefined,
  treated: CustomerCounts | undefined,
  rest: Text,
  { count }: Format,
): Text => {
  const [total, out] = [all?.customers ?? 0, (all?.heldOut ?? 0) + (all?.untreated ?? 0)];
  const [sent, suppressed] = [treated?.sent ?? 0, totalOf(treated?.suppressed ?? {})];
  const lost = (treated?.failed ?? 0) + (treated?.unknown ?? 0);
  return {
    en: `${count(total)} customers were in the audience. ${count(out)} were kept without a message to compare with, ${count(sent)} were sent one, ${count(suppressed)} were suppressed by a rule, for ${count(lost)} it failed or nobody knows, and ${rest.en}. The parts add up to the whole.`,
    'zh-CN': `受众共 ${count(total)} 位客户：${count(out)} 位作为对照不发送，${count(sent)} 位已发送，${count(suppressed)} 位因规则未发送，${count(lost)} 位失败或结果未知，${rest['zh-CN']}。各部分之和等于总数。`,
  };
};

/** Those of the treated to whom nothing was sent or refused: what is to come of them. */
const without = (
  { status, deferred, hasJourneys }: CampaignReport,
  phase: Phase,
  customers: number,
  { count }: Format,
): Text => {
  const some = count(customers);
  if (ended({ status }, { phase })) {
    return {
      en: `${some} had got no message when the campaign ended`,
      'zh-CN': `${some} 位在活动结束时未收到消息`,
    };
  }
  const until = Math.min(deferred, customers);
  const [waitEn, waitZh] =
    until > 0
      ? [` (${count(until)} of them wait for a known time)`, `（其中 ${count(until)} 位在等待确定的时间）`]
      : ['', ''];
  return hasJourneys
    ? {
        en: `${some} have had no message so far${waitEn}: they wait in a journey, or their path through it has none`,
        'zh-CN': `${some} 位目前没有消息${waitZh}：仍在旅程中等待，或其路径中没有消息`,
      }
    : { en: `${some} have no message yet${waitEn}`, 'zh-CN': `${some} 位尚未发送${waitZh}` };
};

const customerPlot = (
  all: CustomerCounts | undefined,
  treated: CustomerCounts | undefined,
  { language, count, percent }: Format,
): string => {
  const base = all?.customers ?? 0;
  const bars = [
    { name: words.audience, value: base },
    { name: words.toWrite, value: treated?.customers ?? 0 },
    { name: words.sent, value: treated?.sent ?? 0 },
    { name: words.clicked, value: treated?.clicked ?? 0 },
    { name: words.redeemed, value: treated?.redeemed ?? 0 },
    { name: words.ordered, value: treated?.ordered ?? 0 },
  ];
  return barPlot(
    { en: 'Customers by stage', 'zh-CN': '各阶段客户数' }[language],
    bars.map(({ name, value }) => ({
      label: name[language],
      value,
      shown: base === 0 ? count(value) : `${count(value)} · ${percent(value / base)}`,
    })),
  );
};

const customerTable = (
  cells: Funnel['customers'],
  all: CustomerCounts | undefined,
  format: Format,
): string => {
  const columns = [
    { label: words.arm, isText: true },
    ...[
      words.customers,
      words.heldOut,
      words.untreated,
      words.suppressed,
      words.sent,
      words.failed,
      words.unknown,
      words.waiting,
      words.clicked,
      words.redeemed,
      words.ordered,
    ].map((label) => ({ label })),
  ];
  const row = (name: string, counts: CustomerCounts): readonly string[] => [
    name,
    ...[
      counts.customers,
      counts.heldOut,
      counts.untreated,
      totalOf(counts.suppressed),
      counts.sent,
      counts.failed,
      counts.unknown,
      counts.waiting,
      counts.clicked,
      counts.redeemed,
      counts.ordered,
    ].map(format.count),
  ];
  const rows = cells.map(({ arm, counts }) => row(format.text(armName(arm)), counts));
  return table(columns, all ? [...rows, row(format.text(words.total), all)] : rows, format, true);
};

const reasonTable = (
  label: Text,
  byReason: { readonly [reason: string]: number },
  format: Format,
): string => {
  const reasons = Object.entries(byReason).sort(([, a], [, b]) => b - a);
  return reasons.length === 0
    ? ''
    : table(
        [{ label: words.reason, isText: true }, { label }],
        reasons.map(([reason, count]) => [format.text(reasonName(reason)), format.count(count)]),
        format,
      );
};

const messageSection = (cells: readonly MessageCell[], format: Format): string => {
  const hasSteps = cells.some(({ stepId }) => stepId !== '');
  const columns = [
    { label: words.arm, isText: true },
    ...(hasSteps ? [{ label: words.step, isText: true }] : []),
    { label: words.channel, isText: true },
    ...[
      words.messages,
      words.sent,
      words.delivered,
      words.bounced,
      words.unreported,
      words.complained,
      words.opened,
      words.clicked,
      words.programsOnly,
      words.redeemed,
    ].map((label) => ({ label })),
  ];
  const numbers = (counts: MessageCounts): readonly string[] =>
    [
      counts.messages,
      counts.sent,
      counts.delivered,
      counts.bounced,
      counts.unreported,
      counts.complained,
      counts.opened,
      counts.clicked,
      counts.clickedByProgramsOnly,
      counts.redeemed,
    ].map(format.count);
  const rows = cells.map(({ arm, stepId, channel, counts }) => [
    format.text(armName(arm)),
    ...(hasSteps ? [escaped(stepId)] : []),
    format.text(channelName(channel)),
    ...numbers(counts),
  ]);
  const all = cells.map(({ counts }) => counts).reduce((a, b) => addCounts(a, b));
  const total = [format.text(words.total), ...(hasSteps ? [''] : []), '', ...numbers(all)];
  return `<section><h2>${format.text({ en: 'Messages', 'zh-CN': '消息' })}</h2>
<p>${format.text(clickSentence(all, format))}</p>
${table(columns, [...rows, total], format, true)}
<p class="note">${format.text(openNote)}</p></section>`;
};

const clickSentence = (
  { clicks, humanClicks, programClicks }: MessageCounts,
  { count, language }: Format,
) => {
  const byRule = Object.entries(programClicks).map(
    ([rule, some]) => `${ruleName(rule)[language]}${language === 'en' ? ': ' : '：'}${count(some)}`,
  );
  const list =
    byRule.length === 0 ? '' : language === 'en' ? ` (${byRule.join('; ')})` : `（${byRule.join('；')}）`;
  const programs = count(totalOf(programClicks));
  return {
    en: `${count(clicks)} clicks were reported, ${programs} of them by programs that check links${list}, ${count(humanClicks)} by people.`,
    'zh-CN': `共上报 ${count(clicks)} 次点击，其中 ${programs} 次来自检查链接的程序${list}，${count(humanClicks)} 次来自真人。`,
  };
};

const openNote = {
  en: '* Opens are unreliable: some mail programs fetch the images of mails nobody looks at, others show none. Nothing is decided by them.',
  'zh-CN': '* 打开数不可靠：有的邮件程序会预取无人查看的邮件图片，有的则不显示图片。本系统不据此做任何决定。',
};
