// Clicks by programs told apart from clicks by people. Mail gateways (Safe Links, Proofpoint, Mimecast, Barracuda)
// follow the links of a mail to check them, and SES reports each as a click. Rules, each on the clicks of one message:
//   agent    the program names itself a bot, scanner, library or headless browser, or names itself nothing at all
//   instant  within scannerClickMs after the receiver's server took the mail, or before that
//   burst    different links within scannerBurstMs of one another
//   visit    same program and network as one that the rules above found, within scannerVisitMs of it
// Sources: M3AAWG, Nonhuman Interactions (2023); Mautic issues 9162 and 9798 and its BotRatioHelper (2 s, agents);
// resend-node issue 901; Laposta, clicks by spam filters. SES says neither the method (HEAD) nor the headers.
// Limits: a scanner that waits minutes, follows one link and poses as a browser counts as a person; somebody who opens
// two links in two seconds counts as a scanner. So clicks are a floor for interest, and no cause is read from them.

import { scannerBurstMs, scannerClickMs, scannerVisitMs } from '../base/limits.ts';

export interface Click {
  readonly atMs: number;
  readonly link: string;
  /** Absent where it is not known; '' where the program named itself nothing. */
  readonly userAgent?: string;
  readonly network?: string;
}

export const scannerRules = ['agent', 'instant', 'burst', 'visit'] as const;
export type ScannerRule = (typeof scannerRules)[number];

export interface JudgedClick extends Click {
  /** The first rule that says it was a program; absent: a person. */
  readonly rule?: ScannerRule;
}

/**
 * Clicks of one message in order of time, each once. `takenAtMs`: when the receiver's server took it, or when it was
 * sent where nothing says; absent: not known, and the rule `instant` does not apply.
 */
export const judgeClicks = (
  clicks: Iterable<Click>,
  takenAtMs: number | undefined,
): readonly JudgedClick[] => {
  const ordered = distinct(clicks);
  const first = ordered.map((click) => ({ ...click, ...ruled(ownRule(click, ordered, takenAtMs)) }));
  const found = first.filter(({ rule }) => rule !== undefined);
  return first.map((click) =>
    click.rule === undefined && isOfVisit(click, found) ? { ...click, rule: 'visit' } : click,
  );
};

const ruled = (rule: ScannerRule | undefined): { readonly rule?: ScannerRule } =>
  rule === undefined ? {} : { rule };

const ownRule = (
  click: Click,
  all: readonly Click[],
  takenAtMs: number | undefined,
): ScannerRule | undefined => {
  if (click.userAgent !== undefined && isScannerAgent(click.userAgent)) {
    return 'agent';
  }
  if (takenAtMs !== undefined && click.atMs < takenAtMs + scannerClickMs) {
    return 'instant';
  }
  const isBurst = all.some(
    ({ atMs, link }) => link !== click.link && Math.abs(atMs - click.atMs) <= scannerBurstMs,
  );
  return isBurst ? 'burst' : undefined;
};

const isOfVisit = (click: Click, found: readonly Click[]): boolean =>
  click.userAgent !== undefined &&
  click.network !== undefined &&
  found.some(
    ({ userAgent, network, atMs }) =>
      userAgent === click.userAgent &&
      network === click.network &&
      Math.abs(atMs - click.atMs) <= scannerVisitMs,
  );

/** Words by which crawlers, libraries and gateways name themselves. Cubot makes telephones. */
const agentPattern =
  /(?<!cu)bot\b|crawl|spider|slurp|scan|\bfetch|preview|monitor|headless|phantomjs|puppeteer|playwright|selenium|curl\/|wget|python|aiohttp|httpx|go-http|java\/|apache-http|libwww|\bperl\b|\bruby\b|php\/|node-fetch|axios|postman|barracuda|proofpoint|mimecast|ironport|ciscosecure|trendmicro|\btmes\b|sophos|fortimail|fireeye|symantec|messagelabs|zscaler|safelinks|msoffice|ms-office/i;

export const isScannerAgent = (userAgent: string): boolean =>
  userAgent.trim() === '' || agentPattern.test(userAgent);

/** One report a click, whatever came twice; in an order that does not depend on arrival. */
const distinct = (clicks: Iterable<Click>): readonly Click[] => {
  const byKey = new Map<string, Click>();
  for (const click of clicks) {
    const key = JSON.stringify([click.atMs, click.link, click.userAgent ?? null, click.network ?? null]);
    byKey.set(`${String(click.atMs).padStart(16, '0')}${key}`, click);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, click]) => click);
};
