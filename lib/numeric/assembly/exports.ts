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
export { sweepPanel, sweepPivots, sweepRest } from './sweep';
export { mark } from './threads';
export { scorePanels, topRows } from './top';
