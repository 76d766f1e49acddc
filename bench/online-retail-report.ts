// The acceptance run as a page: what went in, what the dataset holds beside what is known of the data set, the model,
// three customers, the campaign, and the analysis repeated.

import type { CleaningReport } from '../lib/dataset/build.ts';
import type { CampaignResult, Estimate, NoEstimate } from '../lib/experiments/result.ts';
import type { ImportSummary } from '../local/import/run.ts';
import type { Again, Coverage } from './online-retail-again.ts';

export interface Model {
  readonly name: string;
  /** Test customers. */
  readonly customers: number;
  readonly ndcg: { readonly mean: number; readonly low: number; readonly high: number };
}

export interface Shopper {
  readonly id: string;
  readonly orders: number;
  /** Titles, those bought last first. */
  readonly bought: readonly string[];
  readonly recommended: readonly {
    readonly title: string;
    readonly source: string;
    readonly reason: string;
  }[];
}

export interface People {
  readonly customers: number;
  readonly buyers: number;
  /** With two orders or more. */
  readonly repeaters: number;
}

export interface Facts {
  /** What had happened when the clock began. */
  readonly past: ImportSummary;
  /** The steps after it. */
  readonly future: readonly ImportSummary[];
  readonly importSeconds: number;
  readonly trainingSeconds: number;
  readonly campaignSeconds: number;
  /** Of the process so far: after training, after the campaign's mails, at the end. */
  readonly peakBytes: readonly number[];
  /** When the clock began, and at the end. */
  readonly people: readonly People[];
  readonly machine: string;
  readonly models: readonly Model[];
  /** The candidate that was promoted. */
  readonly served: string;
  readonly shoppers: readonly Shopper[];
  readonly mails: number;
  readonly result: CampaignResult;
  /** Of the last training: every line in. */
  readonly report: CleaningReport;
  readonly repeaters: number;
  readonly again: Again;
}

const boughtShownMax = 15;

export const reportOf = (facts: Facts): string => `# The whole loop on Online Retail

Made by \`npm run bench -- online-retail path/to/online_retail.csv.gz\` (${facts.machine}).
The data are the UCI Online Retail data set: real invoices of a UK gift shop. The local host's clock began at
2011-11-09T12:00Z with what had happened until then; the month after was imported in steps as the clock reached them.

| | seconds |
| --- | ---: |
| import, until archived (${grouped(facts.past.lines)} lines read, ${grouped(facts.past.events)} events sent) | ${facts.importSeconds.toFixed(1)} |
| training: dataset, candidates, evaluation, gate, publication | ${facts.trainingSeconds.toFixed(1)} |
| campaign: freeze, ${grouped(facts.mails)} coupons and mails | ${facts.campaignSeconds.toFixed(1)} |

Peak memory of the process, every function's worker and all embedded services in it: ${facts.peakBytes.map(mebibytes).join(', ')}
(after the training, after the mails, at the end).

## What went in
${importTable(facts)}

## What the dataset holds
${datasetTable(facts)}

## The models
Evaluated on a time split of what had happened by 2011-11-09; mean NDCG@10 over test customers with its 95% interval
(bootstrap over customers). Promoted: **${facts.served}**.

${markdown(
  ['model', 'test customers', 'NDCG@10', '95% interval'],
  [...facts.models]
    .sort((a, b) => b.ndcg.mean - a.ndcg.mean)
    .map(({ name, customers, ndcg }) => [
      name,
      grouped(customers),
      ndcg.mean.toFixed(4),
      `${ndcg.low.toFixed(4)} … ${ndcg.high.toFixed(4)}`,
    ]),
)}

## Three customers
Not chosen by their looks: the lowest customer numbers among those with two, five and ten orders.

${facts.shoppers.map(shopperText).join('\n\n')}

## The campaign
A coupon of 15% by mail to customers with two orders or more, half of them held out, five in a hundred held out of
everything, a window of ${facts.result.windowDays} days. **No mail reached a real person, so the true effect is exactly zero**: an A/A
test on real repurchases. The 95% interval contains 0 in 95 of 100 such runs; this is one of them.

${campaignTable(facts.result)}

${differenceText(facts.result)}

## The analysis again
The same customers and orders, assigned anew ${facts.again.assignments} times by the assignment, outcomes and analysis that serve; in truth
nothing differs, in any of them.

${againTable(facts.again)}
`;

const importTable = ({ past, future, people }: Facts): string => {
  const sum = (of: (summary: ImportSummary) => number): number[] => {
    const later = future.reduce((total, summary) => total + of(summary), 0);
    return [of(past), later, of(past) + later];
  };
  const inPeriod = ({ lines, leftOut }: ImportSummary): number => lines - leftOut.earlier - leftOut.later;
  const reasons = new Set([past, ...future].flatMap(({ rejected }) => [...rejected.keys()]));
  const rows: (readonly [string, readonly number[]])[] = [
    ['lines', sum(inPeriod)],
    ...[...reasons].map(
      (reason) => [`rejected: ${reason}`, sum(({ rejected }) => rejected.get(reason) ?? 0)] as const,
    ),
    ['events', sum(({ events }) => events)],
    ['orders', sum(({ orders }) => orders)],
    ['refunds (cancellations)', sum(({ refunds }) => refunds)],
  ];
  const items = [past, ...future].map((summary) => summary.items);
  const [before, after] = people;
  const growth = (of: (one: People) => number): number[] => [of(before), of(after) - of(before), of(after)];
  rows.push(
    ['customers', growth(({ customers }) => customers)],
    ['buyers', growth(({ buyers }) => buyers)],
    ['buyers with two orders or more', growth(({ repeaters }) => repeaters)],
    ['catalogue items', [items[0], (items.at(-1) ?? 0) - items[0], items.at(-1) ?? 0]],
  );
  return markdown(
    ['', 'until 2011-11-09', 'the month after', 'in all'],
    rows.map(([name, numbers]) => [name, ...numbers.map(grouped)]),
  );
};

/** Counted from the file by other means than this repository's; see the data set's description. */
const known = {
  customers: 4372,
  buyers: 4338,
  repeaters: 2845,
  orders: 18_532,
  orderLines: 397_884,
  refunds: 3654,
  lines: 541_909,
  withoutCustomer: 135_080,
  free: 40,
};

const datasetTable = ({ past, future, report, repeaters, result, again }: Facts): string => {
  const rejected = (text: string): number =>
    [past, ...future]
      .flatMap((summary) => [...summary.rejected])
      .reduce((sum, [reason, count]) => sum + (reason.startsWith(text) ? count : 0), 0);
  const lines = [past, ...future].reduce(
    (sum, { lines: all, leftOut }) => sum + all - leftOut.earlier - leftOut.later,
    0,
  );
  const rows: (readonly [string, number, number])[] = [
    ['lines read', lines, known.lines],
    ['lines without customer', rejected('no customer'), known.withoutCustomer],
    ['lines at price 0', rejected('UnitPrice is 0'), known.free],
    ['customers', report.customers, known.customers],
    ['buyers', report.buyers, known.buyers],
    ['buyers with two orders or more', repeaters, known.repeaters],
    ['orders', report.orders, known.orders],
    ['order lines', report.orderLines, known.orderLines],
    ['cancellations, as refunds', report.refunds, known.refunds],
    [
      'audience of the campaign',
      result.arms.reduce((sum, { customers }) => sum + customers, 0),
      again.customers,
    ],
  ];
  const table = markdown(
    ['', 'here', 'known', ''],
    rows.map(([name, here, there]) => [
      name,
      grouped(here),
      grouped(there),
      here === there ? 'equal' : '**not equal**',
    ]),
  );
  const { events, duplicates, interactions, byReason, noticed } = report;
  const reasons = (of: { readonly [reason: string]: number }): string =>
    Object.entries(of)
      .map(([reason, count]) => `${reason} ${grouped(count)}`)
      .join(', ') || 'nothing';
  return `The first three from the import, the others from the cleaning report of the last training, with every line in; last, the
customers that the campaign froze beside those with two orders or more by then in the file.

${table}

Events read ${grouped(events)}, duplicates ${grouped(duplicates)}, interactions ${grouped(interactions)}; left out: ${reasons(byReason)}; kept although odd: ${reasons(noticed)}.`;
};

const shopperText = ({
  id,
  orders,
  bought,
  recommended,
}: Shopper): string => `### Customer ${id}, ${orders} orders
Bought (${bought.length} items${bought.length > boughtShownMax ? `, the latest ${boughtShownMax}` : ''}): ${bought.slice(0, boughtShownMax).join('; ')}

${recommended.map(({ title, source, reason }, index) => `${index + 1}. ${title} — ${reason} (${source})`).join('\n')}`;

const campaignTable = ({ arms }: CampaignResult): string =>
  markdown(
    ['arm', 'customers', 'mails', 'bought again', 'repurchase rate', 'revenue per customer'],
    arms.map(({ arm, customers, sent, conversions, repurchaseRate, revenue }) => [
      arm,
      grouped(customers),
      grouped(sent),
      grouped(conversions),
      repurchaseRate === null ? '–' : `${(repurchaseRate * 100).toFixed(1)}%`,
      revenue.mean === null ? '–' : `£${revenue.mean.toFixed(2)}`,
    ]),
  );

const differenceText = ({ metrics, sampleRatio, decision, sentence }: CampaignResult): string =>
  [
    ...metricLines(metrics, 'repurchase', 'Repurchase rate', (value) => `${signed(value * 100, 2)} points`),
    ...metricLines(metrics, 'revenue', 'Revenue per customer', (value) => signed(value, 2, '£')),
    `- Sample ratio: ${sampleRatio.pValue === null ? 'not tested' : `p = ${sampleRatio.pValue.toFixed(3)}`}, ${sampleRatio.ok ? 'as designed' : '**not as designed**'}`,
    `- Decision: ${decision}. ${sentence.en}`,
  ].join('\n');

const metricLines = (
  metrics: CampaignResult['metrics'],
  name: string,
  label: string,
  show: (value: number) => string,
): string[] =>
  metrics
    .filter(({ metric }) => metric === name)
    .flatMap(({ comparisons }) =>
      comparisons.map(
        ({ arm, reference, estimate }) =>
          `- ${label}, ${arm} − ${reference}: ${estimateText(estimate, show)}`,
      ),
    );

const estimateText = (estimate: Estimate | NoEstimate, show: (value: number) => string): string => {
  if (estimate.kind === 'no-estimate') return `none (${estimate.code}). ${estimate.reason.en}`;
  const { difference, low, high, pValue } = estimate;
  const holds = low <= 0 && high >= 0 ? 'holds 0' : '**does not hold 0**';
  return `${show(difference)}, 95% interval ${show(low)} … ${show(high)}, which ${holds}; p = ${pValue.toFixed(3)}`;
};

const againTable = ({ assignments, customers, repurchase, revenue, sampleRatioAlarms, rolledOut }: Again) => {
  const share = ({ covered, intervals }: Coverage): string =>
    `${covered} of ${intervals} (${((100 * covered) / intervals).toFixed(1)}%)`;
  const twoErrors = (share: number): number => 2 * Math.sqrt(share * (1 - share) * assignments);
  const covering = `95% ± ${((100 * twoErrors(0.95)) / assignments).toFixed(1)}`;
  return `${markdown(
    [`${grouped(customers)} customers, ${assignments} assignments`, 'here', 'expected'],
    [
      ['intervals of the repurchase rate that hold 0', share(repurchase), covering],
      ['intervals of revenue per customer that hold 0', share(revenue), covering],
      ['sample-ratio alarms (p < 0.001)', String(sampleRatioAlarms), (assignments / 1000).toFixed(1)],
      [
        'rolled out, without any effect',
        String(rolledOut),
        `${(assignments * 0.025).toFixed(1)} ± ${twoErrors(0.025).toFixed(1)}`,
      ],
    ],
  )}`;
};

const grouped = (value: number): string => value.toLocaleString('en-US');
const mebibytes = (bytes: number): string => `${grouped(Math.round(bytes / 1024 ** 2))} MiB`;
const signed = (value: number, digits: number, unit = ''): string =>
  `${value < 0 ? '−' : '+'}${unit}${Math.abs(value).toFixed(digits)}`;

const markdown = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
