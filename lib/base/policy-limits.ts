// Every maximum of judging a policy by logs, with its reason; what concerns everything else is in limits.ts.

/** Outcomes of explored items from which it is told how much less later places are looked at: fewer give a curve of noise. */
export const positionOutcomesCountMin = 30;
/** Pages that one evaluation reads: with 10 items each half a million rows, 150 MB, and five minutes at most to ask the model anew. */
export const evaluationPagesCountMax = 50_000;
/** Customers whose events are in memory at a time in an evaluation: 500 with some hundred events each are 100 MB. */
export const policyCustomersCountMax = 500;
/** Days of logs that one evaluation looks at: an older shop is another one. */
export const evaluationDaysMax = 180;
/** Days after a page in which an order may still count for it. */
export const evaluationWindowDaysMax = 90;
/** Share of its pages that a rebuilt customer must be shown alike, below which the rebuilding is doubted aloud. */
export const alikeShareMin = 0.9;
/** Share of what a new policy does that logs may never have shown, before its estimate is another policy's. */
export const unsupportedShareMax = 0.1;
/** Rows that logs must be worth (effective sample size) before a policy is judged by them: a normal interval needs about as many. */
export const effectiveRowsCountMin = 100;
/** Share of all weight that one row may carry: with more, it decides the estimate alone. */
export const weightShareMax = 0.1;
