// Reading the parameters of a recipe: what is not in range is refused with what was expected and what was received.

import type { Params } from './model.ts';

export interface ParamsReader {
  readonly number: (name: string, min: number, max?: number) => number;
  readonly whole: (name: string, min: number, max?: number) => number;
  readonly oneOf: <Option extends string>(name: string, options: readonly Option[]) => Option;
}

export const paramsReader = (model: string, params: Params): ParamsReader => {
  const refused = (name: string, expected: string): RangeError =>
    new RangeError(`${model}: ${name} must be ${expected}, received ${JSON.stringify(params[name])}`);
  const number = (name: string, min: number, max = Number.MAX_VALUE): number => {
    const value = params[name];
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      const range = max === Number.MAX_VALUE ? `at least ${min}` : `${min} … ${max}`;
      throw refused(name, `a number of ${range}`);
    }
    return value;
  };
  return {
    number,
    whole: (name, min, max) => {
      const value = number(name, min, max);
      if (!Number.isInteger(value)) {
        throw refused(name, 'a whole number');
      }
      return value;
    },
    oneOf: (name, options) => {
      const option = options.find((one) => one === params[name]);
      if (option === undefined) {
        throw refused(name, options.join(' or '));
      }
      return option;
    },
  };
};
