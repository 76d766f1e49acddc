// What a training tries by default, from simple to rich: of equals the first wins. Names are unique and stable; the
// manifest keeps the recipe. Each is evaluated and fitted in one function of 15 minutes and a few GB:
//   popularity, trending                what sells, and what begins to
//   item-knn-cosine, cross-occurrence   who took this also took that, over purchases and over all behaviour
//   sequence                            what follows what
//   content                             what is like it in text, attributes and relations, also where nobody took it
//   warp                                ranks by sums of features; new items and customers by what is known of them
//   als, ease                           factors; item weights in closed form, where the catalogue is small enough
//   hybrid                              the blend of the strongest of these (with ease and content where the catalogue
//                                       is small enough), its weights learned on what it withholds
//   repetition                          what a customer takes again, where something renews, expires or is consumed
// Only when asked for by name: user-knn and bpr, of whose sort others are above. What was trained elsewhere,
// external-<folder>, can be asked for too, and is in every training that names none.

import { easePlannedItemsCountMax } from '../base/model-limits.ts';
import { recipeOf } from './models.ts';
import type { Recipe } from './recommender.ts';

export interface Candidate {
  readonly name: string;
  readonly recipe: Recipe;
}

const hybridParts = ['item-knn', 'sequence', 'als', 'popularity', 'trending'];

const simple: readonly Candidate[] = [
  { name: 'popularity', recipe: recipeOf('popularity') },
  { name: 'trending', recipe: recipeOf('trending') },
  { name: 'item-knn-cosine', recipe: recipeOf('item-knn', { similarity: 'cosine' }) },
  { name: 'cross-occurrence', recipe: recipeOf('cross-occurrence') },
  { name: 'sequence', recipe: recipeOf('sequence') },
  { name: 'content', recipe: recipeOf('content') },
  { name: 'warp', recipe: recipeOf('warp') },
  { name: 'als', recipe: recipeOf('als') },
];

const repetition: Candidate = { name: 'repetition', recipe: recipeOf('repetition') };

const onRequest: readonly Candidate[] = ['user-knn', 'bpr'].map((name) => ({
  name,
  recipe: recipeOf(name),
}));

export const candidateNames: readonly string[] = [
  ...simple.map(({ name }) => name),
  'ease',
  'hybrid',
  repetition.name,
  ...onRequest.map(({ name }) => name),
];

const externalPrefix = 'external-';

/** Whether a training may be asked for it; if the folder is there, only the training sees. */
export const isCandidateName = (name: string): boolean =>
  candidateNames.includes(name) || name.startsWith(externalPrefix);

export const candidateNamesText = `${candidateNames.join(', ')}, or ${externalPrefix} and the name of a folder of factors`;

export const externalCandidate = (folder: string): Candidate => ({
  name: `${externalPrefix}${folder}`,
  recipe: recipeOf('external', { folder }),
});

/** Those for a catalogue of so many items; `repeats`: some of them are bought again. */
export const candidatesFor = (itemsCount: number, repeats: boolean): readonly Candidate[] => {
  const isSmall = itemsCount <= easePlannedItemsCountMax;
  return [
    ...simple,
    ...(isSmall ? [{ name: 'ease', recipe: recipeOf('ease') }] : []),
    {
      name: 'hybrid',
      recipe: recipeOf('hybrid', { models: isSmall ? [...hybridParts, 'ease', 'content'] : hybridParts }),
    },
    ...(repeats ? [repetition] : []),
  ];
};

/** The candidate of this name, whether or not it would be planned. */
export const candidateOf = (name: string, itemsCount: number): Candidate | undefined =>
  [...candidatesFor(itemsCount, true), { name: 'ease', recipe: recipeOf('ease') }, ...onRequest].find(
    (candidate) => candidate.name === name,
  );
