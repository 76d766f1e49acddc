// A change that somebody else may make impossible in between: read, change, write on condition; on a conflict from the start.

import { Failure } from './errors.ts';
import { storeAttemptsMax } from './limits.ts';

/** `change` reads anew each time; the last conflict is thrown. */
export const retryConflicts = async <T>(change: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      const isConflict = error instanceof Failure && error.kind === 'conflict';
      if (!isConflict || attempt === storeAttemptsMax) throw error;
    }
  }
};
