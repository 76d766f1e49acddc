// The clock: the machine's, or one that a test environment moves by writing a file.
// File content: {"baseRealMs": n, "baseVirtualMs": n, "rate": n}; virtual = baseVirtual + (real − baseReal) × rate.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock, RandomBytes } from '../ports.ts';

export const systemClock: Clock = { nowMs: () => Date.now() };

export interface ClockSetting {
  readonly baseRealMs: number;
  readonly baseVirtualMs: number;
  readonly rate: number;
}

export const virtualNowMs = (setting: ClockSetting, realMs: number): number =>
  Math.round(setting.baseVirtualMs + (realMs - setting.baseRealMs) * setting.rate);

/** Reads the setting anew on each call (about 10 µs), so that a moved clock is seen at once by every process. */
export const fileClock = (path: string): Clock => ({
  nowMs: () => virtualNowMs(JSON.parse(readFileSync(path, 'utf8')) as ClockSetting, Date.now()),
});

export const secureRandom: RandomBytes = { bytes: (count) => randomBytes(count) };
