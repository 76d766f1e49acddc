// What may be tuned of each model: ranges of parameters, and their place in the unit cube that the search walks.
// A number takes one dimension (on a log scale where stated), a choice one dimension per value (the highest wins).

import type { Recipe, RecipeValue } from './recommender.ts';

export type TunedParameter =
  | {
      readonly name: string;
      readonly kind: 'number' | 'integer';
      readonly min: number;
      readonly max: number;
      readonly scale: 'linear' | 'log';
    }
  | {
      readonly name: string;
      readonly kind: 'choice';
      readonly values: readonly (number | string | boolean)[];
    };

export type TuningSpace = readonly TunedParameter[];
type Point = readonly number[];
type Params = Recipe['params'];

export const dimensionsOf = (space: TuningSpace): number =>
  space.reduce((sum, parameter) => sum + widthOf(parameter), 0);

export const paramsAt = (space: TuningSpace, point: Point): Params => {
  const params: { [name: string]: RecipeValue } = {};
  let at = 0;
  for (const parameter of space) {
    const width = widthOf(parameter);
    params[parameter.name] = valueAt(parameter, point.slice(at, at + width));
    at += width;
  }
  return params;
};

/** The place of these parameters; outside of a range its nearest end, unknown choices as the first. */
export const pointOf = (space: TuningSpace, params: Params): Point =>
  space.flatMap((parameter): Point => {
    const value = params[parameter.name];
    if (parameter.kind === 'choice') {
      const chosen = parameter.values.findIndex((one) => Object.is(one, value));
      return parameter.values.map((_, index) => (index === Math.max(0, chosen) ? 1 : 0));
    }
    const number = typeof value === 'number' ? value : parameter.min;
    const [low, high] = [onScale(parameter.min, parameter), onScale(parameter.max, parameter)];
    const share = (onScale(Math.max(number, parameter.min), parameter) - low) / (high - low);
    return [Math.min(1, Math.max(0, share))];
  });

const widthOf = (parameter: TunedParameter): number =>
  parameter.kind === 'choice' ? parameter.values.length : 1;

type Range = Exclude<TunedParameter, { readonly kind: 'choice' }>;

const onScale = (value: number, { scale }: Range): number => (scale === 'log' ? Math.log(value) : value);

const valueAt = (parameter: TunedParameter, place: Point): RecipeValue => {
  if (parameter.kind === 'choice') {
    return parameter.values[place.indexOf(Math.max(...place))];
  }
  const [low, high] = [onScale(parameter.min, parameter), onScale(parameter.max, parameter)];
  const scaled = low + place[0] * (high - low);
  const value = parameter.scale === 'log' ? Math.exp(scaled) : scaled;
  // Four digits say all that a validation metric can tell apart, and keep recipes readable.
  return parameter.kind === 'integer' ? Math.round(value) : Number(value.toPrecision(4));
};
