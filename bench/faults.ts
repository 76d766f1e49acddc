// Faults of the delivery path: `npm run bench -- faults [--seeds 5] [--write]`.
// In memory every fault (death before or after, an answer lost, a refusal, a repeated write) at every side effect of a
// batch of six customers, and every pair of deaths in two rounds, with one and two processes at the same time, by mail;
// the same by SMS, push, in the app, with fallback, in journeys and after events; then real
// processes on the local host, killed by SIGKILL at each side effect, their batch delivered twice at the same time and
// once more. Counted: second messages, second codes, customers lost, customers called unknown. --write puts the page into
// bench/results/fault-injection.md; it is the same on every machine, for a seed, but for the processes' interleaving.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApi } from '../local/demo/api.ts';
import { startHost } from '../local/host.ts';
import {
  type Effect,
  effectsOf,
  ids,
  type SceneName,
  sceneNames,
  sceneOf,
} from '../test/deliveries/fault-scenes.ts';
import { type Fault, faults, type Plan, runPlan, type Verdict } from '../test/deliveries/fault-world.ts';
import { customersCount, type FaultRun, openFaultStage, runFault } from '../test/flow/faulty-deliveries.ts';
import { countOf } from './counts.ts';

const page = new URL('results/fault-injection.md', import.meta.url);

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: { seeds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
  });
  const seeds = countOf('seeds', values.seeds);
  const text = [head, ...(await byMail(seeds)), ...(await inScenes(seeds)), ...(await inProcesses())].join(
    '\n',
  );
  console.log(text);
  if (values.write) writeFileSync(page, `${text}\n`);
};

const head = `# Faults at each side effect of a delivery

Written by \`npm run bench -- faults --write\`. The side effects, in their order: **claim** (one transaction: delivery, coupon, caps), **sending** (the step that only one attempt wins), **send** (the request to SES), **settle** (the outcome stored; taking back after a throttle too), **events** (to the archive), **progress** (the batch's file). A mail is *unknown* when the process died, or an answer was lost, between sending and settle: it is never sent again, is reported, and becomes *sent* as soon as SES reports anything about it.
`;

/** Calls of each kind in one delivery of the batch of six; one more of what is put off. */
const callsCount = (effect: Effect): number => {
  if (effect === 'events' || effect === 'progress') return 1;
  return effect === 'settle' ? ids.length + 1 : ids.length;
};

const faultsOf = (effect: Effect, how: Fault['how']): Fault[] =>
  Array.from({ length: callsCount(effect) }, (_, index) => ({ effect, how, nth: index + 1 }));

const variations = (scene: SceneName, rounds: readonly Fault[], seeds: number): Plan[] =>
  ([1, 2] as const).flatMap((processesCount) =>
    (['none', 'each-round', 'at-the-end'] as const).flatMap((reports) =>
      Array.from({ length: seeds }, (_, seed) => ({
        scene,
        rounds,
        processesCount,
        reports,
        seed: `seed-${seed}`,
      })),
    ),
  );

const words: { readonly [how in Fault['how']]: string } = {
  'dies-before': 'dies before',
  'dies-after': 'dies after',
  'answer-lost': 'lives, answer lost',
  refused: 'lives, refused',
  repeated: 'client repeats it later',
};

interface Judged {
  readonly plan: Plan;
  readonly verdict: Verdict;
}

const runAll = async (plans: readonly Plan[]): Promise<readonly Judged[]> => {
  const judged: Judged[] = [];
  for (const plan of plans) judged.push({ plan, verdict: await runPlan(plan) });
  return judged;
};

const sumOf = (judged: readonly Judged[], of: (verdict: Verdict) => number): number =>
  judged.reduce((sum, { verdict }) => sum + of(verdict), 0);

const row = (label: string, judged: readonly Judged[]): string => {
  const unreported = judged.filter(({ plan }) => plan.reports === 'none');
  const reported = judged.filter(({ plan }) => plan.reports !== 'none');
  const share = (count: number): string =>
    unreported.length === 0 ? '–' : (count / unreported.length).toFixed(2);
  return `| ${[
    label,
    judged.length,
    (sumOf(judged, ({ messagesCount }) => messagesCount) / judged.length).toFixed(2),
    sumOf(judged, ({ secondMessagesCount }) => secondMessagesCount),
    sumOf(judged, ({ secondCodesCount }) => secondCodesCount),
    sumOf(judged, ({ lost }) => lost.length),
    share(sumOf(unreported, ({ unknownCount }) => unknownCount)),
    sumOf(reported, ({ unknownButSentCount }) => unknownButSentCount),
  ].join(' | ')} |`;
};

const byMail = async (seeds: number): Promise<readonly string[]> => {
  const lines = [
    '## In memory, by mail: one fault in the first round',
    '',
    `A batch of six: one has no address, one is rejected by SES, one is throttled at first, so four mails at most. Each fault at each call of its kind, × one process or two at the same time × reports of SES never, each round (twice, shuffled) or at the end × ${seeds} seeds of the interleaving. Unknown: mails a run that end so when SES never reports; the last column counts those called unknown although SES had taken them, once it has reported.`,
    '',
    '| fault | runs | mails a run | second mails | second or wrong codes | lost | unknown a run, without reports | unknown but sent, after reports |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    row('none', await runAll(variations('email', [], seeds))),
  ];
  for (const effect of effectsOf('email')) {
    for (const how of faults) {
      const plans = faultsOf(effect, how).flatMap((fault) => variations('email', [fault], seeds));
      lines.push(row(`${effect}: ${words[how]}`, await runAll(plans)));
    }
  }
  const deaths = effectsOf('email').flatMap((effect) => [
    ...faultsOf(effect, 'dies-before'),
    ...faultsOf(effect, 'dies-after'),
  ]);
  const pairs = deaths.flatMap((first) =>
    deaths.flatMap((second): Plan[] => [
      { scene: 'email', rounds: [first, second], processesCount: 2, reports: 'at-the-end', seed: 'pair' },
      { scene: 'email', rounds: [first, second], processesCount: 1, reports: 'none', seed: 'pair' },
    ]),
  );
  lines.push(row(`every pair of ${deaths.length} deaths, in two rounds`, await runAll(pairs)), '');
  return lines;
};

const inScenes = async (seeds: number): Promise<readonly string[]> => {
  const lines = [
    '## In memory: the other channels, fallback, journeys and events',
    '',
    `Six customers again: on each channel one whose message is throttled at first, one whose address the channel disowns (in the app: none), one who cannot be reached. *fallback*: push, then SMS, e-mail and the app; one message for each of the six on three kinds of first refusal. *journey*: a mail with a code, an hour, a second mail; **step** is the write of where the customer stands. *event*: triggers from the queue, which come again until they are answered; **assign** is the assignment, **trigger** the putting back of what must wait. **profile**: a dead address is struck off. Each row: all five faults at the first, the middle and the last call of its kind × one process or two × reports of SES never, each round or at the end × ${seeds} seeds. Lost also is whose events (settled, and what was recommended) are missing from the archive.`,
    '',
    '| scene | fault at | runs | messages without a fault | messages a run | second messages | second or wrong codes | lost | unknown a run, without reports | mails unknown but sent, after reports |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const scene of sceneNames.filter((name) => name !== 'email')) {
    for (const effect of effectsOf(scene)) {
      const plans = faults
        .flatMap((how) => faultsOf(effect, how))
        .filter(({ nth }) => nth === 1 || nth === 3 || nth === ids.length)
        .flatMap((fault) => variations(scene, [fault], seeds));
      const [, ...cells] = row('', await runAll(plans)).split(' | ');
      lines.push(
        `| ${scene} | ${effect} | ${[cells[0], sceneOf(scene).messagesCount, ...cells.slice(1)].join(' | ')}`,
      );
    }
  }
  return [...lines, ''];
};

const inProcesses = async (): Promise<readonly string[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-faults-'));
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z' });
  host.schedules.pause();
  try {
    const stage = await openFaultStage(host, createApi(host.apiUrl, host.keys.admin));
    const runs: FaultRun[] = [];
    for (const effect of effectsOf('email')) {
      for (const when of ['before', 'after'] as const) {
        for (const nth of effect === 'events' || effect === 'progress' ? [1] : [1, 3, customersCount]) {
          runs.push(await runFault(stage, { effect, when, nth }, runs.length));
        }
      }
    }
    return [
      '## Real processes on the local host: SIGKILL at a side effect',
      '',
      `The function campaign-deliver in a process of its own, against the local DynamoDB, S3, SQS and SES, with a batch of ${customersCount}. It is killed when the request arrives (before) or when the service has answered and the function has not heard of it (after); then two processes deliver the same batch at the same time; SES's events are applied; six minutes later it is delivered once more.`,
      '',
      '| killed | at call | mails | second mails | codes | second codes | lost | unknown, mail not sent | unknown but sent |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...runs.map(processRow),
    ];
  } finally {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

const processRow = ({ strike, hasStruck, ...run }: FaultRun): string =>
  `| ${[
    `${strike.when} ${strike.effect}${hasStruck ? '' : ' (never came)'}`,
    strike.nth,
    run.mailsCount,
    run.secondMailsCount,
    run.codesCount,
    run.secondCodesCount,
    run.lostCount,
    run.unknownCount - run.unknownButSentCount,
    run.unknownButSentCount,
  ].join(' | ')} |`;
