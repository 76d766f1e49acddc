export { gramTiles, largestWeights } from './ease';
export { scoreRows } from './score';
export { sweepPanel, sweepPivots, sweepRest } from './sweep';
export { mark } from './threads';
