import { describe, expect, test } from 'vitest';
import { formatOf } from '../../lib/experiments/report-format.ts';
import { chanceText, metricFormat, pValueText } from '../../lib/experiments/report-numbers.ts';
import { testSections } from '../../lib/experiments/report-test.ts';
import { primaryOf, type TestResult } from '../../lib/experiments/result.ts';
import { resultOf, type World } from './report-world.ts';

const world: World = {
  arms: [
    ['holdout', 0.5, 0],
    ['B', 0.5, 0.05],
  ],
  customers: 4000,
  days: 21,
};
const result = resultOf(world);
const page = (of: TestResult, language: 'en' | 'zh-CN' = 'en', looks: readonly TestResult[] = [of]): string =>
  testSections(of, looks, formatOf(language)).join('\n');

describe('the numbers of a metric', () => {
  const share = metricFormat(
    { metric: 'repurchase', unit: 'share' },
    { currency: null, windowDays: 30 },
    'en',
  );
  const money = metricFormat({ metric: 'revenue', unit: 'money' }, { currency: 'EUR', windowDays: 30 }, 'en');

  test('are percentages, and points for differences, with a sign that is a minus', () => {
    expect(share.value(0.081)).toBe('8.1%');
    expect(share.difference(0.013)).toBe('+1.3 points');
    expect(share.range(-0.004, 0.022)).toBe('−0.4 to +2.2');
  });

  test('have the decimals it takes to tell them from 0', () => {
    expect(share.difference(0.0002)).toBe('+0.02 points');
    expect(share.range(0.00004, 0.02)).toBe('+0.004 to +2.000');
    expect(share.size(0)).toBe('0.0 points');
    expect(share.size(1e-9)).toBe('< 0.0001 points');
  });

  test('are money with its currency, of as many decimals as the currency has', () => {
    expect(money.difference(-1.5)).toBe('−€1.50');
    expect(
      metricFormat({ metric: 'revenue', unit: 'money' }, { currency: 'JPY', windowDays: 30 }, 'zh-CN').value(
        1200,
      ),
    ).toBe('JP¥1,200');
  });

  test('of p-values and chances are never 0 or 1', () => {
    expect([0, 1e-12, 0.0004, 0.0312, 1].map(pValueText)).toEqual([
      '< 0.0001',
      '< 0.0001',
      '0.0004',
      '0.031',
      '> 0.999',
    ]);
    expect([0, 0.5, 1].map(chanceText)).toEqual(['< 0.1%', '50.0%', '> 99.9%']);
  });
});

describe('a result on the page', () => {
  test('has checks, effects plain and adjusted, the outlook, weeks, segments and arms, in both languages', () => {
    for (const [language, headings] of [
      [
        'en',
        [
          'What was checked',
          'Effects',
          'If you had to choose now',
          'Effect by week',
          'Effect by segment',
          'The arms',
        ],
      ],
      ['zh-CN', ['检查项', '效果', '如果现在就要选择', '按分组周的效果', '分人群效果', '各组']],
    ] as const) {
      const html = page(result, language);
      const places = headings.map((heading) => html.indexOf(`<h2>${heading}`));
      expect(places.every((place) => place >= 0)).toBe(true);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
    }
    expect(page(result)).toMatch(/less variance/);
  });

  test('shows every estimate of the primary metric with its interval as the result has it', () => {
    const primary = primaryOf(result);
    const { estimate } = primary.comparisons[0];
    if (estimate.kind === 'no-estimate') throw new Error('the world is large enough for an estimate');
    const numbers = metricFormat(primary, result, 'en');
    const places = numbers.digits(estimate.difference, estimate.low, estimate.high);
    expect(page(result)).toContain(numbers.difference(estimate.difference, places));
    expect(page(result)).toContain(numbers.range(estimate.low, estimate.high, places));
  });

  test('says why there is no estimate and what to do, once where it holds for everything', () => {
    const small = page(resultOf({ ...world, customers: 60, days: 1 }));
    expect(small.match(/holds fewer than/g)).toHaveLength(1);
    expect(small).toContain('<b>B</b>: no estimate.');
    expect(small).toContain('Widen the audience');
    expect(small).not.toContain('<svg');
  });

  test('hides what the arms did when their sizes do not fit the design, and shows the sizes', () => {
    const html = page(resultOf({ ...world, lost: { B: 0.3 } }));
    expect(html).toContain('class="finding"');
    expect(html).toContain('What the arms did is not shown');
    expect(html).toContain('<details open><summary>Size of the arms against the design (p &#60; 0.0001)');
    expect(html).not.toContain('<svg');
    expect(html).not.toContain('<h2>The arms</h2><p class="note none"></p>');
  });

  test('shows interim values of the primary metric from look to look beside the reference', () => {
    const looks = [40, 51].map((afterDays, i) => resultOf(world, { look: i + 1, final: i === 1, afterDays }));
    const html = page(looks[1], 'en', looks);
    expect(html).toContain('30-day repurchase from look to look');
    expect(page(looks[0], 'en', looks.slice(0, 1))).not.toContain('from look to look');
    expect(page(looks[0])).toContain('customers still have time: their 30 days are not over');
  });

  test('escapes names of arms everywhere, and takes any word for a name', () => {
    const html = page(
      resultOf({
        ...world,
        arms: [
          ['holdout', 0.4, 0],
          ['<img src=x onerror=alert(1)>"\'&', 0.3, 0.03],
          ['constructor', 0.3, 0],
        ],
      }),
    );
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;');
    expect(html).toContain('<td>constructor</td>');
  });
});
