// Every maximum of recommendation models and of their training, with its reason. Units come last in the name: Bytes, Ms, S,
// Count.

/** Weight of one customer–item pair, summed over its events: the sixth purchase of a pen says little more than the fifth. */
export const pairWeightMax = 5;
/** Dimensions of a factor model; a system of 1,024 × 1,024 float32 takes 4 MB a thread and a third of a second a thousand. */
export const factorsCountMax = 1_024;
/** Rows gathered for one least-squares system that a thread keeps packed; longer ones are gathered again each step. */
export const packedRowsBytesMax = 16 * 1024 ** 2;
/** Item-item neighbours kept for serving: 50 × 8 bytes × 4,000 items = 1.6 MB in every sandbox. */
export const servingNeighboursCountMax = 50;
/**
 * What one sandbox of 1,769 MB that answers holds as its model; beside it the factors packed for scoring, the catalogue
 * as objects and, at a promotion, the next model. 100,000 items with 64 factors, their neighbours and 700 bytes of
 * catalogue each take 136 MB.
 */
export const servingBytesMax = 400 * 1024 ** 2;
/** Item factors kept packed for scoring beside the model: those of one served model; the next version takes their place. */
export const residentFactorsBytesMax = servingBytesMax;
/** Items of an EASE model: its inverse takes 2 bytes × items² (0.8 GB of a training function's 3) and items³ operations. */
export const easeItemsCountMax = 20_000;
/** Items up to which a training plans EASE, and EASE and content in the hybrid: items³ operations, four times within 15 minutes. */
export const easePlannedItemsCountMax = 8_000;
/** Candidates of one training: each takes up to 15 minutes, two at a time, and a day must not be too short for them. */
export const candidatesCountMax = 50;
/** Customers who share a trait's value before a model may see it: fewer could be told apart by it. */
export const featureCustomersCountMin = 20;
/** Values of a trait that a model may see; a trait with more describes persons rather than groups. */
export const featureValuesCountMax = 50;
/** Traits, beside language and time zone, that a model may see; the most stated first. */
export const featureTraitsCountMax = 20;
/** Characters of a trait's name and of its value as a feature; longer ones are prose. */
export const featureLengthMax = 40;
/** Bytes under external/ that one training copies and reads: 100,000 items and a million customers of 128 float32. */
export const externalBytesMax = 768 * 1024 ** 2;
/** Numbers in a vector of external factors: fold-in solves a system of this size, 1,024³ / 3 steps in a second. */
export const externalFactorsCountMax = 1_024;
/** Items that one author or category may join in the knowledge graph: a walk through more gives each next to nothing. */
export const hubItemsCountMax = 2_000;
/** Pairs of the customers that a user kNN keeps to compare with: 4,000,000 × 8 bytes = 32 MB of a serving model. */
export const userKnnPairsCountMax = 4_000_000;
/** Test customers a model is evaluated on, drawn by seed: the interval of NDCG hardly narrows beyond. */
export const evaluationCustomersCountMax = 3_000;
/** Fewer test customers than this cannot tell two models apart. */
export const gateTestCustomersCountMin = 30;
/** Customers that a hybrid's weights are learned on: a dozen weights hardly change with more, and three choices each take 250 MB. */
export const hybridCustomersCountMax = 6_500;
/** Scores (customers × models × items) computed for that: about a minute on two cores. */
export const hybridScoresCountMax = 200_000_000;
/** Customers a trial of a tuning is measured on; the noise of NDCG is then about 0.006, the same for all trials. */
export const tuningCustomersCountMax = 3_000;
/** Training rows from which a trial begins with a quarter of the customers: below, the whole takes a second. */
export const tuningInterimRowsCountMin = 200_000;
/** Trials of one tuning: the Gaussian process costs their cube, and forty find all there is to find. */
export const tuningTrialsCountMax = 100;
/** Of one tuning: what is left of the 15 minutes of its function goes to reading the data and the last trial. */
export const tuningSecondsMax = 600;
/**
 * Customers up to which a list says how many alike bought an item: each is compared with each, a minute or two for so many of
 * the fifteen that fitting has; 200,000 would take them all.
 */
export const alikeReasonsCustomersCountMax = 50_000;
/** Lists in one publish task: 1,000 × about 8 KB of writes stay within a minute. */
export const publishShardCustomersCountMax = 1_000;
