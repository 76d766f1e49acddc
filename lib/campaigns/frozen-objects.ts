// The objects of a frozen audience: delivery batches, the campaign's holdout and assigned events, each filled to its
// size and written as soon as it is full. Names are numbered, so a second attempt overwrites the first; what the
// first wrote beyond the second's last number is emptied.

import { gzipSync } from 'node:zlib';
import { holdoutArm } from '../assignment/assign.ts';
import { assignedEventsCountMax, deliveryBatchCustomersCountMax } from '../base/limits.ts';
import { archiveContentType, archiveObject } from '../events/archive-object.ts';
import type { ObjectStore } from '../ports.ts';
import { assignedEvent, type RunPhaseId, sends } from './assigned.ts';
import {
  type AudienceMember,
  assignedEventsName,
  type BatchEntry,
  batchKey,
  eventsNoteKey,
  eventsNotePrefix,
  holdoutKey,
  holdoutPrefix,
} from './audience.ts';
import type { Campaign } from './campaign.ts';
import type { RunPhase } from './run.ts';

export type MemberPages = AsyncIterable<readonly AudienceMember[]> | Iterable<readonly AudienceMember[]>;

export interface WrittenMembers {
  readonly batches: readonly BatchEntry[];
  readonly arms: RunPhase['arms'];
}

export const writeMembers = async (
  campaign: Campaign,
  run: RunPhaseId,
  frozenAt: string,
  pages: MemberPages,
  archive: ObjectStore,
): Promise<WrittenMembers> => {
  const arms = new Map<string, number>();
  const batches = batchParts(run, archive);
  const holdout = holdoutParts(run, archive);
  const events = eventParts(run, frozenAt, archive);
  for await (const members of pages) {
    for (const { arm } of members) {
      arms.set(arm, (arms.get(arm) ?? 0) + 1);
    }
    await events.add(members);
    await batches.add(members.filter(({ arm }) => sends(campaign, arm)));
    await holdout.add(members.filter(({ arm }) => arm === holdoutArm));
  }
  await events.end();
  await holdout.end();
  return { batches: await batches.end(), arms: Object.fromEntries(arms) };
};

const batchParts = (run: RunPhaseId, archive: ObjectStore) =>
  inParts(deliveryBatchCustomersCountMax, async (members, index): Promise<BatchEntry> => {
    const key = batchKey(run.campaignId, run.runId, run.phase, index);
    await putJson(archive, key, { ...run, members });
    return { batchKey: key, customersCount: members.length };
  });

const holdoutParts = (run: RunPhaseId, archive: ObjectStore) => {
  const parts = inParts(deliveryBatchCustomersCountMax, async (members, index) => {
    const key = holdoutKey(run.campaignId, run.runId, index);
    await putJson(archive, key, { ...run, members });
    return key;
  });
  const end = async (): Promise<void> => {
    const kept = new Set(await parts.end());
    for (const { key } of await archive.list(holdoutPrefix(run.campaignId, run.runId))) {
      if (run.phase === 'test' && !kept.has(key)) {
        await putJson(archive, key, { ...run, members: [] });
      }
    }
  };
  return { ...parts, end };
};

const eventParts = (run: RunPhaseId, frozenAt: string, archive: ObjectStore) => {
  const { campaignId, runId, phase } = run;
  const parts = inParts(assignedEventsCountMax, async (members, index) => {
    const events = members.map((member) => assignedEvent(run, member, Date.parse(frozenAt)));
    const { key, bytes } = archiveObject(events, assignedEventsName(campaignId, runId, phase, index));
    await putJson(archive, eventsNoteKey(campaignId, runId, phase, index), { key });
    await archive.put(key, bytes, archiveContentType);
    return key;
  });
  const end = async (): Promise<void> => {
    const kept = new Set(await parts.end());
    for (const note of await archive.list(eventsNotePrefix(campaignId, runId, phase))) {
      const noted = await getJson<{ readonly key: string }>(archive, note.key);
      if (noted !== undefined && !kept.has(noted.key)) {
        await archive.put(noted.key, gzipSync(''), archiveContentType);
      }
    }
  };
  return { ...parts, end };
};

/** Collects members and hands them on in parts of `size`; `end` hands on the rest and gives what every part gave. */
const inParts = <T>(
  size: number,
  write: (members: readonly AudienceMember[], index: number) => Promise<T>,
) => {
  const written: T[] = [];
  let waiting: readonly AudienceMember[] = [];
  const writeNext = async (): Promise<void> => {
    const part = waiting.slice(0, size);
    waiting = waiting.slice(size);
    written.push(await write(part, written.length));
  };
  return {
    add: async (members: readonly AudienceMember[]): Promise<void> => {
      waiting = [...waiting, ...members];
      while (waiting.length >= size) {
        await writeNext();
      }
    },
    end: async (): Promise<readonly T[]> => {
      if (waiting.length > 0) {
        await writeNext();
      }
      return written;
    },
  };
};

export const putJson = (archive: ObjectStore, key: string, value: unknown): Promise<void> =>
  archive.put(key, new TextEncoder().encode(JSON.stringify(value)), 'application/json');

export const getJson = async <T>(archive: ObjectStore, key: string): Promise<T | undefined> => {
  const bytes = await archive.get(key);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
};
