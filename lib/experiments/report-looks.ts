// What was seen from look to look: by a group-sequential rule z against its boundaries over the information there was, and
// for watching the confidence sequence of the primary metric. One plot an arm; those after the first are folded away.

import { type Chart, chart } from './report-chart.ts';
import type { Format } from './report-format.ts';
import { type MetricFormat, metricFormat } from './report-numbers.ts';
import { foldedAfterFirst } from './report-weeks.ts';
import { armName } from './report-words.ts';
import { primaryOf, type SequentialArm, type TestResult, type Text } from './result.ts';

/** `looks`: oldest first. */
export const looksSection = (looks: readonly TestResult[], format: Format): string => {
  const newest = looks.findLast(({ sequential }) => sequential !== undefined);
  const sequential = newest?.sequential;
  if (newest === undefined || sequential === undefined) {
    return '';
  }
  const { text, language } = format;
  const numbers = metricFormat(primaryOf(newest), newest, language);
  const decided = sequential.arms.filter((arm) => arm.looks.length > 0);
  const watched = watchedOf(looks, numbers, format);
  if (decided.length === 0 && watched.length === 0) {
    return '';
  }
  const boundaries = foldedAfterFirst(
    decided.map((one) => ({ arm: one.arm, plot: boundaryPlot(one, format) })),
    format,
  );
  return `<section><h2>${text({ en: `From look to look: ${numbers.name.en}`, 'zh-CN': `历次分析：${numbers.name['zh-CN']}` })}</h2>
<p>${text(sequential.note)}</p>
${decided.length === 0 ? '' : `<p class="note">${text(boundaryMeaning)}</p>${boundaries}`}
${watched.length === 0 ? '' : `<p class="note">${text(watchingMeaning)}</p>${foldedAfterFirst(watched, format)}`}</section>`;
};

const boundaryMeaning: Text = {
  en: 'z is the difference in standard errors. Reading a test several times would find effects that are not there; the boundaries make up for it: an effect is shown only where z lies outside of them.',
  'zh-CN':
    'z 为以标准误计的差异。多次查看会“发现”不存在的效果，界限对此作了修正：z 落在界限之外才算显示效果。',
};

const watchingMeaning: Text = {
  en: 'For watching: intervals that hold over all looks together, however many there are.',
  'zh-CN': '供观察：无论分析多少次，这些区间对全部分析同时有效。',
};

const boundaryPlot = ({ arm, looks }: SequentialArm, format: Format): string => {
  const { text, language, day } = format;
  const at = (of: (look: (typeof looks)[number]) => number | null) =>
    looks.flatMap((look) => {
      const value = of(look);
      return value === null ? [] : [{ x: look.informationFraction, value }];
    });
  const bound = { name: boundName, look: 'bound' as const, isJoined: true };
  const share = (fraction: number): string => `${(fraction * 100).toFixed(0)}%`;
  const plot: Chart = {
    title: text({
      en: `z and its boundaries: ${armName(arm).en}`,
      'zh-CN': `z 与界限：${armName(arm)['zh-CN']}`,
    }),
    description: looks
      .map(({ informationFraction, z, boundary }) => {
        const against = boundary === null ? '' : ` / ±${boundary.toFixed(2)}`;
        return `${share(informationFraction)}: z ${signed(z)}${against}`;
      })
      .join('; '),
    series: [
      { ...bound, points: at(({ boundary }) => boundary) },
      { ...bound, points: at(({ boundary }) => (boundary === null ? null : -boundary)) },
      { name: { en: 'z', 'zh-CN': 'z' }, look: 'plain', isJoined: true, points: at(({ z }) => z) },
    ],
    across: looks.map(({ informationFraction: x }) => ({ x, label: share(x) })),
    acrossName: {
      en: 'customers whose window is over, of those planned',
      'zh-CN': '窗口已结束的客户占计划的比例',
    }[language],
    tick: (value) => signed(value).replace(/\.?0+$/, '') || '0',
    include: [0],
    numbers: {
      columns: [
        { label: { en: 'Look', 'zh-CN': '分析' }, isText: true },
        { label: { en: 'Of those planned', 'zh-CN': '占计划' } },
        { label: { en: 'z', 'zh-CN': 'z' } },
        { label: boundName },
        { label: { en: 'Error spent', 'zh-CN': '已用误差' } },
        { label: { en: 'Shown', 'zh-CN': '显示效果' } },
      ],
      rows: looks.map(({ look, asOf, informationFraction, z, boundary, spent, crossed }) => [
        `${look} · ${day(asOf)}`,
        share(informationFraction),
        signed(z),
        boundary === null ? '–' : `±${boundary.toFixed(2)}`,
        spent.toFixed(4),
        text(crossed ? { en: 'yes', 'zh-CN': '是' } : { en: 'no', 'zh-CN': '否' }),
      ]),
    },
  };
  return chart(plot, format);
};

const boundName: Text = { en: 'boundary', 'zh-CN': '界限' };

const signed = (value: number): string => {
  const shown = Math.abs(value).toFixed(2);
  return `${Number(shown) === 0 ? '' : value < 0 ? '−' : '+'}${shown}`;
};

const watchedOf = (looks: readonly TestResult[], numbers: MetricFormat, format: Format) => {
  const all = looks.flatMap(({ asOf, sequential }) =>
    (sequential?.watching ?? []).map((each) => ({ ...each, asOf })),
  );
  const values = all.flatMap(({ low, high }) => [low, high]);
  return [...Map.groupBy(all, ({ arm }) => arm)].map(([arm, of]) => ({
    arm,
    plot: watchingPlot(arm, of, values, numbers, format),
  }));
};

type WatchedAt = NonNullable<TestResult['sequential']>['watching'][number] & { readonly asOf: string };

const watchingPlot = (
  arm: string,
  of: readonly WatchedAt[],
  scale: readonly number[],
  numbers: MetricFormat,
  format: Format,
): string => {
  const { text, day } = format;
  const shown = ({ difference, low, high }: WatchedAt): string => {
    const places = numbers.digits(difference, low, high);
    return `${numbers.difference(difference, places)} (${numbers.range(low, high, places)})`;
  };
  const over: { readonly [over in WatchedAt['over']]: Text } = {
    matured: { en: 'window over', 'zh-CN': '窗口已结束' },
    'so-far': { en: 'so far', 'zh-CN': '至今' },
  };
  const plot: Chart = {
    title: text({
      en: `Watching interval: ${armName(arm).en}`,
      'zh-CN': `观察区间：${armName(arm)['zh-CN']}`,
    }),
    description: of.map((each) => `${day(each.asOf)}: ${shown(each)}`).join('; '),
    series: [
      {
        name: numbers.name,
        look: 'plain',
        isJoined: false,
        points: of.map(({ asOf, difference, low, high }) => ({
          x: Date.parse(asOf),
          value: difference,
          low,
          high,
        })),
      },
    ],
    across: of.map(({ asOf }) => ({ x: Date.parse(asOf), label: day(asOf) })),
    tick: numbers.tick,
    include: [0, ...scale],
    numbers: {
      columns: [
        { label: { en: 'Look', 'zh-CN': '分析时间' }, isText: true },
        { label: { en: 'Difference (holds over all looks)', 'zh-CN': '差异（对全部分析有效）' } },
        { label: { en: 'Customers counted', 'zh-CN': '计入客户' }, isText: true },
      ],
      rows: of.map((each) => [day(each.asOf), shown(each), text(over[each.over])]),
    },
  };
  return chart(plot, format);
};
