export { gramTiles, largestWeights } from './ease';
export {
  pairwiseCustomers,
  pairwiseHistory,
  pairwiseItems,
  pairwiseLoss,
  pairwisePairs,
  pairwisePass,
  pairwiseSeed,
} from './pairwise';
export { scoreRows } from './score';
export { sweepPanel, sweepPivots, sweepRest } from './sweep';
export { mark } from './threads';
