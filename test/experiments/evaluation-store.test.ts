import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvaluationStore } from '../../lib/adapters/evaluation-store-dynamodb.ts';
import type { EvaluationStore, PolicyEvaluation } from '../../lib/experiments/policy/evaluation.ts';
import { memoryEvaluationStore } from '../fakes/evaluation-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const implementations: readonly [string, () => EvaluationStore][] = [
  ['in memory', () => memoryEvaluationStore()],
  ['on DynamoDB', () => createEvaluationStore(local.client, local.table)],
];
const evaluation = (evaluationId: string, requestedAt: string): PolicyEvaluation => ({
  evaluationId,
  status: 'running',
  requestedAt,
  policy: { kind: 'recommendations', explorationShare: 0.1 + 0.2 },
  from: '2026-10-01T00:00:00Z',
  to: '2026-11-01T00:00:00Z',
  outcome: 'click',
  windowDays: 1,
});

describe.each(implementations)('the store of evaluations %s', (_, open) => {
  it('keeps what was written last, to the last bit, and lists newest first', async () => {
    const store = open();
    const first = evaluation('e1', '2026-11-02T00:00:00Z');
    await store.write(first);
    await store.write(evaluation('e2', '2026-11-03T00:00:00Z'));
    expect(await store.get('e1')).toEqual(first);
    expect(await store.get('e3')).toBeUndefined();
    const failed: PolicyEvaluation = { ...first, status: 'failed', reason: 'it was dark' };
    await store.write(failed);
    expect(await store.get('e1')).toEqual(failed);
    expect((await store.list()).map(({ evaluationId }) => evaluationId)).toEqual(['e2', 'e1']);
  });
});
