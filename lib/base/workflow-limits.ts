// Maxima of journeys and of the workflows that carry campaigns, each with its reason; all others: limits.ts.
// Units in the names' ends.

/** Steps of one journey: a marketer follows no more on a page, and a customer's row keeps the path through them. */
export const journeyStepsCountMax = 50;
/** A step's name; it stands in reports and in each customer's path. */
export const stepIdLengthMax = 40;
/** Shortest stated wait: what waits shorter is one message. */
export const journeyWaitHoursMin = 1 / 60;
/** Paths of one random split: with more, none gets enough customers to be told apart. */
export const splitPathsCountMax = 10;
/** Tries of one step of one customer, the waits between them doubling up to an hour: most of a day, then it is left out. */
export const journeyStepAttemptsCountMax = 20;
/** Places of the waiting index of a run: DynamoDB takes 1,000 writes a second in one, four for each step. */
export const waitingShardsCount = 8;
/** Customers of one round of due steps: 500 batches; their rows take 40 MB of the function that makes the round. */
export const journeyRoundCustomersCountMax = 100_000;
/** Between two rounds of a run: so late a step may be, and a year of rounds costs some dollars. */
export const journeyRoundMsMin = 5 * 60 * 1000;
/** Step Functions: events in the history of one execution (AWS Step Functions, service quotas). */
export const executionHistoryEventsMax = 25_000;
/** Checks of a run's progress in one execution; then it goes on in the next. */
export const executionChecksCountMax = 480;
/** Events of one check and what follows it at the most: a task's 5 and 3 for each of its 5 retries, twice; waits, choices, some to spare. */
export const checkHistoryEventsMax = 2 * (5 + 5 * 3) + 3 * 2 + 4;
/** Events before the first check: start, wait, choice, weights of a batch, freeze, map (4, and 3 a retry), and a rollout's freeze and map. */
export const startHistoryEventsMax = 5 + (5 + 5 * 3) + 2 * (5 + 5 * 3 + 4 + 5 * 3);
/** A standard workflow ends after a year (Step Functions quotas): the next execution takes over before. */
export const executionMsMax = 350 * 24 * 60 * 60 * 1000;
/** How long ahead a run can be planned: it waits in its first execution. */
export const startDaysAheadMax = 300;
/** How often an open event campaign with journeys looks for those whose longer wait is over; short ones use the queue. */
export const journeyPollMs = 15 * 60 * 1000;

if (executionChecksCountMax * checkHistoryEventsMax + startHistoryEventsMax > executionHistoryEventsMax) {
  throw new Error('workflow limits: the checks of one execution would not fit its history');
}
