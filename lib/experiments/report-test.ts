// The part of a report that campaigns and experiments share, from the one result shape: what was checked, effects, a bandit's
// weights, the outlook by Bayes, looks, weeks, segments and the arms from look to look. Sections without content are left
// out, those that lack an estimate say why.

import { armsSection } from './report-arms.ts';
import { banditSection } from './report-bandit.ts';
import { checksSection } from './report-checks.ts';
import type { Format } from './report-format.ts';
import { looksSection } from './report-looks.ts';
import { metricsSection } from './report-metrics.ts';
import { outlookSection } from './report-outlook.ts';
import { segmentsSection } from './report-segments.ts';
import { weeksSection } from './report-weeks.ts';
import type { TestResult } from './result.ts';

/** `looks`: of the same test, oldest first; the result may be one of them. */
export const testSections = (
  result: TestResult,
  looks: readonly TestResult[],
  format: Format,
): readonly string[] => [
  checksSection(result, format),
  metricsSection(result, format),
  banditSection(result, format),
  outlookSection(result, format),
  looksSection(looks, format),
  weeksSection(result, format),
  segmentsSection(result, format),
  armsSection(result, looks, format),
];
