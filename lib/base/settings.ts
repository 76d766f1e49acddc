// What the owner sets once for the workspace; infra/config.ts validates it and hands it to the functions as JSON.

export interface WorkspaceSettings {
  /** Share of customers that no campaign ever treats, in [0, 0.5]. */
  readonly globalHoldoutShare: number;
  /** Share of recommendation slots given to exploration, in [0, 0.5]. */
  readonly explorationShare: number;
  /** Local hours without sending, fromHour ≤ hour < toHour, over midnight when fromHour > toHour. */
  readonly quietHours: { readonly fromHour: number; readonly toHour: number };
  /** Mails to one customer over all campaigns: at most `deliveriesMax` in any `days` calendar days (UTC). */
  readonly cap: { readonly deliveriesMax: number; readonly days: number };
  /** Used where a customer has not told a time zone; IANA name. */
  readonly timeZone: string;
  /** Ceiling of our own; SES's account rate may be lower and is obeyed by waiting out its throttling. */
  readonly mailsPerSecondMax: number;
}

export const defaultSettings: WorkspaceSettings = {
  globalHoldoutShare: 0.05,
  explorationShare: 0.05,
  quietHours: { fromHour: 21, toHour: 8 },
  cap: { deliveriesMax: 1, days: 1 },
  timeZone: 'UTC',
  mailsPerSecondMax: 10,
};
