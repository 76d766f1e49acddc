// The global holdout's period: for so long a customer held out stays held out, from campaigns, offers and personalised
// recommendations alike; then the next tenth or twentieth is drawn, so that nobody is spared for ever.
// Periods are those of the calendar (UTC): "2026-Q4", "2026-H2", "2026"; "for-ever" is one draw that never ends.
// What was assigned in a period keeps its arm when it reaches into the next one.

import type { CustomerId } from '../base/ids.ts';
import type { HoldoutPeriod, WorkspaceSettings } from '../base/settings.ts';
import { bucket } from './assign.ts';

export type HoldoutSettings = Pick<WorkspaceSettings, 'globalHoldoutShare' | 'globalHoldoutPeriod'>;

/** The purpose of the hash that draws the holdout of the period in which `atMs` lies. */
export const holdoutPurpose = (period: HoldoutPeriod, atMs: number): string =>
  period === 'for-ever' ? 'global-holdout' : `global-holdout/${periodName(period, atMs)}`;

/** Whether the draw of the period that holds `atMs` held the customer out; `salt` is the workspace's. */
export const isHeldOutAt = (
  customerId: CustomerId,
  salt: string,
  { globalHoldoutShare, globalHoldoutPeriod }: HoldoutSettings,
  atMs: number,
): boolean => bucket(holdoutPurpose(globalHoldoutPeriod, atMs), salt, customerId) < globalHoldoutShare;

export const periodName = (period: HoldoutPeriod, atMs: number): string => {
  const at = new Date(atMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  switch (period) {
    case 'quarter':
      return `${year}-Q${Math.floor(month / 3) + 1}`;
    case 'half-year':
      return `${year}-H${Math.floor(month / 6) + 1}`;
    case 'year':
      return String(year);
    case 'for-ever':
      return period;
  }
};

/** When the period that holds `atMs` began and ends, in ms; a period without end has none. */
export const periodSpan = (
  period: HoldoutPeriod,
  atMs: number,
): { readonly fromMs: number; readonly toMs: number } | undefined => {
  const months = { quarter: 3, 'half-year': 6, year: 12, 'for-ever': 0 }[period];
  if (months === 0) return undefined;
  const at = new Date(atMs);
  const first = Math.floor(at.getUTCMonth() / months) * months;
  return {
    fromMs: Date.UTC(at.getUTCFullYear(), first),
    toMs: Date.UTC(at.getUTCFullYear(), first + months),
  };
};
