import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { deliveryConcurrencyMax } from '../../infra/campaign-workflow.ts';
import { deliveryBatchCustomersCountMax, experimentDaysTotalMax } from '../../lib/base/limits.ts';
import {
  checkHistoryEventsMax,
  executionChecksCountMax,
  executionHistoryEventsMax,
  executionMsMax,
  journeyRoundMsMin,
  startDaysAheadMax,
  startHistoryEventsMax,
} from '../../lib/base/workflow-limits.ts';
import { resource, synthesizeForTest, type Template } from './template.ts';

// asl-validator is CommonJS and its types do not match its exports.
const aslValidator = createRequire(import.meta.url)('asl-validator') as (
  definition: unknown,
  options?: { checkPaths?: boolean; checkArn?: boolean },
) => { isValid: boolean; errors: unknown[]; errorsText: () => string };

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly {
    readonly Next: string;
    readonly StringEquals?: string;
    readonly Variable: string;
  }[];
  readonly TimestampPath?: string;
  readonly Parameters?: Record<string, unknown>;
  readonly Catch?: readonly { readonly Next: string; readonly ErrorEquals: string[] }[];
  readonly Retry?: readonly {
    readonly ErrorEquals: string[];
    readonly MaxAttempts: number;
    readonly IntervalSeconds: number;
    readonly BackoffRate: number;
    readonly MaxDelaySeconds?: number;
    readonly JitterStrategy?: string;
  }[];
  readonly MaxConcurrency?: number;
  readonly ItemReader?: Record<string, unknown>;
  readonly ItemProcessor?: {
    readonly ProcessorConfig: { readonly Mode: string };
    readonly States: Record<string, State>;
  };
  readonly ToleratedFailurePercentage?: number;
  readonly ResultPath?: string | null;
  readonly OutputPath?: string | null;
}
interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
}

/** References become an ARN or a name by their kind: enough for a validator that checks the shape. */
const definitionOf = (template: Template, name: string): Definition => {
  const definition = resource(template, 'AWS::StepFunctions::StateMachine', name).Properties
    .DefinitionString as {
    'Fn::Join': [string, unknown[]];
  };
  const text = definition['Fn::Join'][1]
    .map((part) => {
      if (typeof part === 'string') return part;
      const reference = part as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
      if (reference.Ref === 'AWS::Partition') return 'aws';
      return reference['Fn::GetAtt']
        ? `arn:aws:lambda:eu-west-1:123456789012:function:${reference['Fn::GetAtt'][0]}`
        : 'bucket';
    })
    .join('');
  return JSON.parse(text) as Definition;
};

let training: Definition;
let campaign: Definition;
let report: Definition;
let experiment: Definition;
let evaluation: Definition;
beforeAll(async () => {
  const { service } = await synthesizeForTest();
  training = definitionOf(service, 'Training');
  campaign = definitionOf(service, 'Campaign');
  report = definitionOf(service, 'Report');
  experiment = definitionOf(service, 'Experiment');
  evaluation = definitionOf(service, 'Evaluation');
});

describe('the workflows', () => {
  it('are valid Amazon States Language', () => {
    for (const definition of [training, campaign, report, experiment, evaluation]) {
      const { isValid, errorsText } = aslValidator(definition);
      expect(isValid, errorsText()).toBe(true);
    }
  });

  it('retry every task on the service faults of Lambda, each at a moment of its own', () => {
    const tasks = [training, campaign, experiment, evaluation].flatMap((definition) =>
      Object.values(definition.States).flatMap((state) => [
        state,
        ...Object.values(state.ItemProcessor?.States ?? {}),
      ]),
    );
    for (const state of tasks.filter(({ Type }) => Type === 'Task')) {
      const [retry] = state.Retry ?? [];
      expect(
        retry.ErrorEquals.some((name) => ['Lambda.TooManyRequestsException', 'States.ALL'].includes(name)),
      ).toBe(true);
      expect(retry).toMatchObject({ MaxAttempts: 5, JitterStrategy: 'FULL' });
    }
  });
});

describe('training', () => {
  it('goes from dataset to promotion in the agreed order', () => {
    const order = [training.StartAt];
    for (let at = training.States[training.StartAt]; at.Next; at = training.States[at.Next])
      order.push(at.Next);
    expect(order).toEqual(['BuildDataset', 'EvaluateCandidates', 'SelectModel', 'Promotable?']);
    const promoted = ['FitModel'];
    for (let at = training.States.FitModel; at.Next; at = training.States[at.Next]) promoted.push(at.Next);
    expect(promoted).toEqual(['FitModel', 'PublishLists', 'Promote', 'Promoted']);
  });

  it('tunes a candidate before its evaluation only where the plan says so', () => {
    const { States: steps = {} } = training.States.EvaluateCandidates.ItemProcessor ?? {};
    expect(steps['Tuned?'].Choices).toEqual([{ Variable: '$.tune', IsPresent: true, Next: 'TuneCandidate' }]);
    expect(steps['Tuned?'].Default).toBe('EvaluateCandidate');
    expect(steps.TuneCandidate.Next).toBe('EvaluateCandidate');
    const passed = { 'trainingId.$': '$.trainingId', 'name.$': '$.name', 'recipe.$': '$.recipe' };
    expect(steps.TuneCandidate.Parameters).toEqual({ step: 'tune', ...passed, 'tune.$': '$.tune' });
    // What the search found comes back under the same names.
    expect(steps.EvaluateCandidate.Parameters).toEqual({ step: 'evaluate', ...passed });
  });

  it('fits a model only when the gate says promote', () => {
    const choice = training.States['Promotable?'];
    expect(choice.Choices).toEqual([{ Variable: '$.outcome', StringEquals: 'promote', Next: 'FitModel' }]);
    expect(choice.Default).toBe('Refused');
  });

  it('records every failure before it fails', () => {
    for (const name of [
      'BuildDataset',
      'EvaluateCandidates',
      'SelectModel',
      'FitModel',
      'PublishLists',
      'Promote',
    ]) {
      expect(training.States[name].Catch).toEqual([
        { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailure' },
      ]);
    }
    expect(training.States.RecordFailure.Next).toBe('TrainingFailed');
    expect(training.States.TrainingFailed.Type).toBe('Fail');
  });
});

describe('campaign', () => {
  it('outlives an outage of half an hour of whatever it needs', () => {
    const needed = [
      'AllocateBatch',
      'FreezeAudience',
      'DeliverBatches',
      'CheckProgress',
      'Analyse',
      'FreezeRollout',
    ];
    for (const name of needed) {
      expect(campaign.States[name].Retry?.map(({ ErrorEquals }) => ErrorEquals)).toEqual([['States.ALL']]);
      const [{ IntervalSeconds, BackoffRate, MaxDelaySeconds = 0, MaxAttempts }] =
        campaign.States[name].Retry ?? [];
      const waitsS = Array.from({ length: MaxAttempts }, (_, index) =>
        Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** index),
      );
      expect(waitsS).toEqual([5, 25, 125, 625, 900]);
    }
  });

  it('waits by timestamp only, so that waiting costs nothing', () => {
    const waits = Object.entries(campaign.States).filter(([, state]) => state.Type === 'Wait');
    expect(Object.fromEntries(waits.map(([name, state]) => [name, state.TimestampPath]))).toEqual({
      WaitForStart: '$.startsAt',
      WaitToDeliver: '$.waitUntil',
      WaitToCheck: '$.waitUntil',
      WaitForLook: '$.waitUntil',
    });
  });

  it('delivers through a distributed map that reads batches from S3, ten at a time, and keeps no result in the state', () => {
    const map = campaign.States.DeliverBatches;
    expect(map.ItemProcessor?.ProcessorConfig.Mode).toBe('DISTRIBUTED');
    expect(map.MaxConcurrency).toBe(deliveryConcurrencyMax);
    expect(map.ItemReader).toMatchObject({
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { 'Key.$': '$.batchesKey' },
    });
    expect(map.ResultPath).toBeNull();
    expect(map.ToleratedFailurePercentage).toBe(100);
  });

  it('begins at the check of progress where an earlier execution has frozen the run', () => {
    const { Next } = campaign.States.WaitForStart;
    expect(Next).toBe('Continued?');
    expect(campaign.States['Continued?'].Choices).toEqual([
      { Variable: '$.phase', IsPresent: true, Next: 'CheckProgress' },
    ]);
    expect(campaign.States['Continued?'].Default).toBe('AllocateBatch');
    expect(campaign.States.AllocateBatch.Next).toBe('FreezeAudience');
    expect(campaign.States.CheckProgress.Parameters).toMatchObject({
      'lookAt.$': '$.lookAt',
      execution: { 'name.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime' },
    });
  });

  it('comes back to the check of progress from every wait, so that an execution can end there', () => {
    const loops = ['WaitToCheck', 'DeliverBatches'].map((name) => campaign.States[name].Next);
    expect(loops).toEqual(['CheckProgress', 'CheckProgress']);
  });

  it('looks, rolls out or ends as the analysis says, and delivers later when progress says so', () => {
    const choices = (name: string) =>
      campaign.States[name].Choices?.map(({ StringEquals, Next }) => [StringEquals, Next]);
    expect(choices('WhatNext?')).toEqual([
      ['look', 'CheckProgress'],
      ['roll-out', 'FreezeRollout'],
    ]);
    expect(campaign.States['WhatNext?'].Default).toBe('Finished');
    expect(choices('AllDelivered?')).toEqual([
      ['deliver-later', 'WaitToDeliver'],
      ['check-later', 'WaitToCheck'],
      ['look', 'WaitForLook'],
    ]);
    expect(campaign.States['AllDelivered?'].Default).toBe('Finished');
  });
});

describe('the limits of Step Functions', () => {
  /** Events of one pass through a state: a task's 5, a map's 4, and 3 more for each retry; 2 of a wait or choice. */
  const eventsOf = ({ Type, Retry }: State): number =>
    Type === 'Task' || Type === 'Map'
      ? (Type === 'Task' ? 5 : 4) + 3 * (Retry ?? []).reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0)
      : 2;
  const nextOf = ({ Next, Default, Choices = [] }: State): string[] =>
    [Next, Default, ...Choices.map((choice) => choice.Next)].filter((name) => name !== undefined);
  /** The most events from after this state until CheckProgress comes round; the rollout, once a run, left out. */
  const longest = (name: string, seen: readonly string[]): number =>
    Math.max(
      ...nextOf(campaign.States[name]).map((next) => {
        if (next === 'CheckProgress') return 0;
        if (seen.includes(next) || next === 'FreezeRollout' || next === 'Finished')
          return Number.NEGATIVE_INFINITY;
        return eventsOf(campaign.States[next]) + longest(next, [...seen, next]);
      }),
    );

  it('no execution writes more history than 25,000 events, however often every task is retried', () => {
    const check = eventsOf(campaign.States.CheckProgress) + longest('CheckProgress', []);
    expect(check).toBeLessThanOrEqual(checkHistoryEventsMax);
    const { AllocateBatch, FreezeAudience, FreezeRollout, DeliverBatches } = campaign.States;
    const once = [AllocateBatch, FreezeAudience, FreezeRollout, DeliverBatches, DeliverBatches].map(eventsOf);
    // ExecutionStarted, WaitForStart, Continued?.
    const start = 1 + 2 + 2 + once.reduce((sum, count) => sum + count, 0);
    expect(start).toBeLessThanOrEqual(startHistoryEventsMax);
    expect(start + executionChecksCountMax * check).toBeLessThanOrEqual(executionHistoryEventsMax);
  });

  it('a million customers pass through no state: 5,000 batches are one file and one map, and names travel', () => {
    const batches = 1_000_000 / deliveryBatchCustomersCountMax;
    expect(batches).toBe(5_000);
    // Without a ResultWriter the map's result is the outputs of all its children, before it is discarded.
    expect(campaign.States.DeliverBatches.ItemProcessor?.States.DeliverBatch.OutputPath).toBeNull();
    expect(JSON.stringify(Array.from({ length: batches }, () => ({}))).length).toBeLessThan(256 * 1024);
    // The children of a distributed map have histories of their own; 10,000 may be open, ten are.
    expect(campaign.States.DeliverBatches.MaxConcurrency).toBeLessThanOrEqual(10_000);
    // The batch keys are put together from ids of at most 80 characters; the state holds one of them.
    const state = JSON.stringify({
      campaignId: 'x'.repeat(64),
      runId: 'run-365',
      phase: 'rollout',
      batchesBucket: 'x'.repeat(63),
      batchesKey: `campaigns/${'x'.repeat(64)}/run-365/rollout/due-105120/batches.json`,
      lookAt: '2026-03-01T09:00:00.000Z',
      next: 'deliver-later',
      waitUntil: '2026-03-01T09:00:00.000Z',
    });
    expect(state.length).toBeLessThan(256 * 1024);
  });

  it('journeys of a year go on through executions, each younger than a year', () => {
    const yearMs = 365 * 24 * 60 * 60 * 1000;
    const checks = yearMs / journeyRoundMsMin;
    expect(checks).toBe(105_120);
    const executions = Math.ceil(checks / executionChecksCountMax);
    expect(executions).toBe(219);
    // Step Functions: 80 characters a name.
    const campaignId = `${'x'.repeat(40)}-12345678`;
    expect(`${campaignId}-run-365-${executions}`.length).toBeLessThanOrEqual(80);
    expect(executionMsMax).toBeLessThan(yearMs);
    expect(startDaysAheadMax * 24 * 60 * 60 * 1000).toBeLessThan(executionMsMax);
  });
});

describe('the experiment workflow', () => {
  it('waits by timestamp for each look, and goes on or ends as the look says', () => {
    expect(experiment.States[experiment.StartAt]).toMatchObject({
      Choices: [
        { Variable: '$.waitUntil', IsPresent: true, Next: 'WaitForExperimentLook' },
        { Variable: '$.experimentId', IsPresent: true, Next: 'AnalyseNow' },
      ],
      Default: 'AnalyseHoldout',
    });
    expect(experiment.States.WaitForExperimentLook).toMatchObject({
      TimestampPath: '$.waitUntil',
      Next: 'LookAtExperiment',
    });
    expect(experiment.States.LookAtExperiment.Next).toBe('AnotherLook?');
    expect(
      experiment.States['AnotherLook?'].Choices?.map(({ StringEquals, Next }) => [StringEquals, Next]),
    ).toEqual([['look', 'WaitForExperimentLook']]);
    expect(experiment.States['AnotherLook?'].Default).toBe('ExperimentEnded');
    expect(experiment.States.AnalyseNow).toMatchObject({
      Parameters: { step: 'now', 'experimentId.$': '$.experimentId' },
      Next: 'Analysed',
    });
  });

  it('is over before the year that an execution may last', () => {
    expect(experimentDaysTotalMax * 86_400_000).toBeLessThanOrEqual(executionMsMax);
  });
});

describe('the report workflow', () => {
  it('computes the report of its campaign in one task', () => {
    expect(report.StartAt).toBe('ComputeReport');
    expect(JSON.stringify(report.States.ComputeReport.Parameters)).toContain('"campaignId.$":"$.campaignId"');
    expect(report.States.ComputeReport).toMatchObject({
      Type: 'Task',
      Next: 'Reported',
    });
  });
});

describe('the evaluation workflow', () => {
  it('records why a policy could not be judged', () => {
    expect(evaluation.States.JudgePolicy).toMatchObject({ Next: 'Judged' });
    expect(evaluation.States.JudgePolicy.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailedEvaluation' },
    ]);
    expect(evaluation.States.RecordFailedEvaluation.Next).toBe('EvaluationFailed');
    expect(evaluation.States.EvaluationFailed.Type).toBe('Fail');
  });
});
