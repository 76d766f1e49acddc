export { alsHalfStep, alsPrepare, alsRowByGradients, alsRowExactly } from './als';
export { gramTiles, largestWeights } from './ease';
export { gramianParts } from './gramian';
export {
  pairwiseCustomers,
  pairwiseHistory,
  pairwiseItems,
  pairwiseLoss,
  pairwisePairs,
  pairwisePass,
  pairwiseSeed,
} from './pairwise';
export { rotateRows } from './rotation';
export { sweepPanel, sweepPivots, sweepRest } from './sweep';
export { mark } from './threads';
export { scorePanels, topRows } from './top';
