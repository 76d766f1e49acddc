// The local host's clock: virtual time that can be moved forward, kept in a file that the functions read
// (format: lib/adapters/clock.ts). Waits and schedules register here and are woken when their time has come,
// by the passing of time or by a move. Time never goes back, over restarts either: a stopped host's clock
// goes on from where real time has carried it.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type ClockSetting, virtualNowMs } from '../lib/adapters/clock.ts';

export interface LocalClock {
  readonly path: string;
  readonly nowMs: () => number;
  /** Moves forward to this time; does nothing when it has passed already. */
  readonly advanceTo: (ms: number) => void;
  /** Calls back once when the clock has reached `ms`; the returned function cancels. */
  readonly at: (ms: number, wake: () => void) => () => void;
  readonly close: () => void;
}

/** setTimeout takes 2^31 − 1 ms; longer waits are looked at again after a day. */
const timerMsMax = 24 * 60 * 60 * 1000;

export const openClock = (path: string, startIso?: string): LocalClock => {
  let setting = readOrStart(path, startIso);
  const waits = new Map<symbol, { readonly ms: number; readonly wake: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  const nowMs = () => virtualNowMs(setting, Date.now());
  const wakeDue = () => {
    const due = [...waits].filter(([, { ms }]) => ms <= nowMs()).sort(([, a], [, b]) => a.ms - b.ms);
    for (const [id] of due) {
      waits.delete(id);
    }
    for (const [, { wake }] of due) {
      wake();
    }
    clearTimeout(timer);
    const next = Math.min(...[...waits.values()].map(({ ms }) => ms));
    if (Number.isFinite(next)) {
      const realMs = Math.ceil((next - nowMs()) / setting.rate);
      timer = setTimeout(wakeDue, Math.min(Math.max(realMs, 1), timerMsMax));
    }
  };

  return {
    path,
    nowMs,
    advanceTo: (ms) => {
      if (ms > nowMs()) {
        setting = { baseRealMs: Date.now(), baseVirtualMs: ms, rate: setting.rate };
        write(path, setting);
        wakeDue();
      }
    },
    at: (ms, wake) => {
      const id = Symbol('wait');
      waits.set(id, { ms, wake });
      setImmediate(wakeDue);
      return () => waits.delete(id);
    },
    close: () => {
      clearTimeout(timer);
      waits.clear();
    },
  };
};

const readOrStart = (path: string, startIso: string | undefined): ClockSetting => {
  if (existsSync(path)) {
    return JSON.parse(readFileSync(path, 'utf8')) as ClockSetting;
  }
  const startMs = startIso === undefined ? Date.now() : Date.parse(startIso);
  if (Number.isNaN(startMs)) {
    throw new Error(`clock: ${startIso} is not an ISO 8601 time, such as 2026-01-01T00:00:00Z`);
  }
  const setting: ClockSetting = { baseRealMs: Date.now(), baseVirtualMs: startMs, rate: 1 };
  write(path, setting);
  return setting;
};

/** By rename, so that a function never reads half a file. */
const write = (path: string, setting: ClockSetting): void => {
  writeFileSync(`${path}.new`, JSON.stringify(setting));
  renameSync(`${path}.new`, path);
};
