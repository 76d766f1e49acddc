// How an app's events came in, of those that an analysis reads: what its freshness is judged by. Times in ms since 1970.

export interface Feed {
  /** When the newest was received. Undefined: no event at all. */
  readonly newestEventMs: number | undefined;
  /** Mean time between two events before; 0 where it is not known. */
  readonly usualGapMs: number;
}
