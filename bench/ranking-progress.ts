// The progress of a training on stderr: epoch, loss, seconds and time left. On a terminal one line is written over,
// elsewhere there is a line per epoch. What it saw of the epochs gives the seconds per epoch.

import { threadedKernels } from '../lib/adapters/threads.ts';
import type { Kernels } from '../lib/numeric/kernels.ts';
import type { Progress, Tools } from '../lib/recommenders/model.ts';

export interface WatchedTools {
  readonly tools: Tools;
  /** Median seconds between epochs; undefined for models without. */
  readonly secondsPerEpoch: () => number | undefined;
  readonly epochs: () => number;
  /** Of the last epoch, where the model says it. */
  readonly loss: () => number | undefined;
  readonly close: () => void;
}

export const watchedTools = (threads: number, isQuiet = false): WatchedTools => {
  const startedMs = performance.now();
  const endsMs: number[] = [];
  let made: Kernels | undefined;
  let last: Progress | undefined;
  const isTerminal = process.stderr.isTTY;
  const progress = (told: Progress): void => {
    endsMs.push(performance.now());
    last = told;
    if (!isQuiet) {
      const line = sentence(told, (performance.now() - startedMs) / 1000);
      const isLast = told.epoch === told.epochs;
      process.stderr.write(isTerminal ? `\r\u001b[K${line}${isLast ? '\n' : ''}` : `${line}\n`);
    }
  };
  return {
    tools: {
      kernels: () => {
        made ??= threadedKernels(threads);
        return made;
      },
      progress,
    },
    secondsPerEpoch: () => {
      const between = endsMs.slice(1).map((endMs, index) => (endMs - endsMs[index]) / 1000);
      return between.length === 0 ? undefined : between.toSorted((a, b) => a - b)[between.length >> 1];
    },
    epochs: () => endsMs.length,
    loss: () => last?.loss,
    close: () => made?.close(),
  };
};

const sentence = ({ model, epoch, epochs, loss }: Progress, seconds: number): string => {
  const left = (seconds / epoch) * (epochs - epoch);
  const shownLoss = loss === undefined ? '' : `  loss ${loss.toPrecision(5)}`;
  return `${model}  epoch ${epoch} of ${epochs}${shownLoss}  ${seconds.toFixed(1)} s  ${left.toFixed(1)} s left`;
};
