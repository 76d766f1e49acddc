// Progress of something long: one line that is rewritten on a terminal, a line now and then elsewhere.
// Two phases can overlap (reading ahead of sending), so it shows counts and the rate, never a guessed share.

import type { ImportProgress } from './run.ts';

export interface ProgressLine {
  readonly show: (progress: ImportProgress) => void;
  readonly end: () => void;
}

const terminalEveryMs = 100;
const linesEveryMs = 5_000;
const barWidth = 24;

export const showProgress = (
  output: { write(text: string): unknown },
  isTerminal: boolean,
  nowMs: () => number = () => performance.now(),
): ProgressLine => {
  const startedMs = nowMs();
  let shownMs = startedMs - (isTerminal ? terminalEveryMs : 0);
  let isOpen = false;
  return {
    show: ({ lines, acknowledged, added }) => {
      if (nowMs() - shownMs < (isTerminal ? terminalEveryMs : linesEveryMs)) return;
      shownMs = nowMs();
      const rate = Math.round((acknowledged / Math.max(1, nowMs() - startedMs)) * 1000);
      const full = Math.round((barWidth * acknowledged) / Math.max(1, added));
      const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
      const text = `${lines.toLocaleString('en-US')} lines read, ${acknowledged.toLocaleString('en-US')} of ${added.toLocaleString('en-US')} events acknowledged, ${rate.toLocaleString('en-US')}/s`;
      output.write(isTerminal ? `\r${bar} ${text}   ` : `${text}\n`);
      isOpen = isTerminal;
    },
    end: () => {
      if (isOpen) output.write('\n');
    },
  };
};
