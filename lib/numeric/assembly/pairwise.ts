// Stochastic gradient steps of pairwise ranking losses over sums of feature embeddings; lib/recommenders/pairwise-fit.ts
// has the model and its sources. Pointers are byte offsets, 16-byte aligned. Rows are `rowBytes` long; at `biasAt` lies
// the bias of an item and 1 in a customer's vector. One thread: the order of the steps is part of the result.
// A customer's pairs are passed in chunks: within one the history's embeddings stand still and their gradient is summed.

import { lanesSum, madd } from './simd';

/** Right items between two steps of the history's embeddings; marks are bytes, so under 254. */
const chunkLength: i32 = 32;

// Customers × items by rows. `visit` orders the pairs; `marks`: 0 not owned, 1 owned, 2 + n right item n of the chunk.
let pairStart: usize = 0;
let pairItem: usize = 0;
let pairWeight: usize = 0;
let visit: usize = 0;
let marks: usize = 0;

// Features of items and customers by rows, and their embeddings; `squares` are Adagrad's sums.
let itemStart: usize = 0;
let itemFeature: usize = 0;
let itemWeight: usize = 0;
let itemTable: usize = 0;
let itemSquares: usize = 0;
let contextTable: usize = 0;
let contextSquares: usize = 0;
let customerStart: usize = 0;
let customerFeature: usize = 0;
let customerWeight: usize = 0;
let customerTable: usize = 0;
let customerSquares: usize = 0;

let rowBytes: usize = 0;
let biasAt: usize = 0;
let work: usize = 0;

let isWarp: bool = false;
let candidates: usize = 0;
let candidatesCount: u32 = 0;
let drawsMax: i32 = 0;
let rate: f32 = 0;
let itemDecay: f32 = 0;
let customerDecay: f32 = 0;
/** Of a thousand chunks, how many are learned as if customer or items were new (Volkovs, Yu & Poutanen 2017). */
let coldPermille: u32 = 0;
let state: u64 = 1;

/** 1 while the first feature of items with several, their own indicator, is left out. */
let skipped: i32 = 0;

/** What wrongOne() found: the item and its score. */
let wrong: i32 = 0;
let wrongScore: f32 = 0;

export function pairwisePairs(start: usize, item: usize, weight: usize, visits: usize, zeros: usize): void {
  pairStart = start;
  pairItem = item;
  pairWeight = weight;
  visit = visits;
  marks = zeros;
}

export function pairwiseItems(start: usize, feature: usize, weight: usize, table: usize, squares: usize): void {
  itemStart = start;
  itemFeature = feature;
  itemWeight = weight;
  itemTable = table;
  itemSquares = squares;
}

/** The history's embeddings: sums over the same features of the items. `space`: 5 + 32 rows to work in. */
export function pairwiseHistory(table: usize, squares: usize, stride: i32, bias: i32, space: usize): void {
  contextTable = table;
  contextSquares = squares;
  rowBytes = (<usize>stride) * 4;
  biasAt = (<usize>bias) * 4;
  work = space;
}

export function pairwiseCustomers(start: usize, feature: usize, weight: usize, table: usize, squares: usize): void {
  customerStart = start;
  customerFeature = feature;
  customerWeight = weight;
  customerTable = table;
  customerSquares = squares;
}

/** Wrong items are drawn from `among` (int32). */
export function pairwiseLoss(
  warp: i32,
  among: usize,
  amongCount: i32,
  draws: i32,
  learningRate: f32,
  decayOfItems: f32,
  decayOfCustomers: f32,
  cold: i32,
): void {
  isWarp = warp !== 0;
  candidates = among;
  candidatesCount = <u32>amongCount;
  drawsMax = draws;
  rate = learningRate;
  itemDecay = decayOfItems;
  customerDecay = decayOfCustomers;
  coldPermille = <u32>cold;
}

export function pairwiseSeed(high: i32, low: i32): void {
  state = (((<u64>(<u32>high)) << 32) | (<u64>(<u32>low))) | 1;
}

/** One pass over all pairs of the customers order[0] … order[count − 1]; returns the summed loss. */
export function pairwisePass(order: usize, count: i32): f64 {
  let loss: f64 = 0;
  for (let place = 0; place < count; place++) {
    const customer = at(order, place);
    const from = at(pairStart, customer);
    const to = at(pairStart, customer + 1);
    markAll(from, to, 1);
    shuffle(from, to);
    for (let start = from; start < to; start += chunkLength) {
      loss += passChunk(customer, from, to, start, min(start + chunkLength, to));
    }
    markAll(from, to, 0);
  }
  return loss;
}

/** The pairs visit[start] … visit[end − 1] of a customer whose pairs are from … to − 1. */
function passChunk(customer: i32, from: i32, to: i32, start: i32, end: i32): f64 {
  const history = work;
  const total = work + rowBytes;
  const vector = work + 2 * rowBytes;
  const difference = work + 3 * rowBytes;
  const parts = work + 5 * rowBytes;
  const isNew = draw(1000) < coldPermille && at(customerStart, customer) < at(customerStart, customer + 1);
  skipped = i32(draw(1000) < coldPermille);
  const scale: f32 = isNew ? 0 : historyScale(from, to);
  memory.fill(history, 0, 2 * rowBytes);
  memory.fill(parts, 0, (<usize>(end - start)) * rowBytes);
  for (let entry = from; entry < to && !isNew; entry++) {
    addItem(contextTable, at(pairItem, entry), scale * real(pairWeight, entry), history);
  }
  let loss: f64 = 0;
  for (let place = start; place < end; place++) {
    const entry = at(visit, place);
    const right = at(pairItem, entry);
    store<u8>(marks + <usize>right, <u8>(2 + place - start));
    // The history of a right item is without the item itself.
    memory.copy(vector, history, rowBytes);
    addItem(contextTable, right, -scale * real(pairWeight, entry), vector);
    addCustomer(customer, vector);
    f32.store(vector + biasAt, 1);
    const rightScore = scoreItem(right, vector);
    const step = wrongOne(rightScore, vector) * real(pairWeight, entry);
    if (step === 0) continue;
    loss += lossOf(rightScore, step);
    memory.fill(difference, 0, rowBytes);
    addItem(itemTable, wrong, step, difference);
    addItem(itemTable, right, -step, difference);
    f32.store(difference + biasAt, 0);
    learnItem(itemTable, itemSquares, right, vector, -step, itemDecay);
    learnItem(itemTable, itemSquares, wrong, vector, step, itemDecay);
    learnCustomer(customer, difference);
    add(parts + (<usize>(place - start)) * rowBytes, difference, 1);
    add(total, difference, 1);
  }
  if (!isNew) learnHistory(from, to, scale);
  for (let place = start; place < end; place++) {
    store<u8>(marks + <usize>at(pairItem, at(visit, place)), 1);
  }
  return loss;
}

/** Draws a wrong item and keeps it in `wrong`; returns the weight of the step, 0 where none was found, NaN after divergence. */
function wrongOne(rightScore: f32, vector: usize): f32 {
  if (!(abs(rightScore) < f32.MAX_VALUE)) return NaN;
  for (let draws = 1; draws <= drawsMax; draws++) {
    const item = at(candidates, <i32>draw(candidatesCount));
    if (load<u8>(marks + <usize>item) !== 0) continue;
    const value = scoreItem(item, vector);
    if (isWarp && !(value > rightScore - 1)) continue;
    wrong = item;
    wrongScore = value;
    return isWarp
      ? <f32>Math.log(<f64>(1 + (candidatesCount - 1) / <u32>draws))
      : 1 / (1 + <f32>Math.exp(rightScore - value));
  }
  return 0;
}

function lossOf(rightScore: f32, step: f32): f64 {
  const gap = <f64>(wrongScore - rightScore);
  return isWarp ? <f64>step * (1 + gap) : Math.log(1 + Math.exp(gap));
}

/** The history's embeddings go against the summed gradient; a right item without the part in which it was the target. */
function learnHistory(from: i32, to: i32, scale: f32): void {
  const total = work + rowBytes;
  const other = work + 4 * rowBytes;
  const parts = work + 5 * rowBytes;
  for (let entry = from; entry < to; entry++) {
    const item = at(pairItem, entry);
    const mark = <i32>load<u8>(marks + <usize>item);
    let direction = total;
    if (mark >= 2) {
      direction = other;
      memory.copy(other, total, rowBytes);
      add(other, row(parts, mark - 2), -1);
    }
    learnItem(contextTable, contextSquares, item, direction, scale * real(pairWeight, entry), customerDecay);
  }
}

/** 1 / √Σ w²: histories of any length have a like size. */
function historyScale(from: i32, to: i32): f32 {
  let squares: f32 = 0;
  for (let entry = from; entry < to; entry++) {
    squares += real(pairWeight, entry) * real(pairWeight, entry);
  }
  return 1 / sqrt(squares);
}

function markAll(from: i32, to: i32, mark: u8): void {
  for (let entry = from; entry < to; entry++) {
    store<u8>(marks + <usize>at(pairItem, entry), mark);
  }
}

function shuffle(from: i32, to: i32): void {
  for (let entry = to - 1; entry > from; entry--) {
    const other = from + <i32>draw(<u32>(entry - from + 1));
    const held = at(visit, entry);
    i32.store(visit + ((<usize>entry) << 2), at(visit, other));
    i32.store(visit + ((<usize>other) << 2), held);
  }
}

/** xorshift64* (Vigna 2016); uniform in 0 … bound − 1. */
@inline
function draw(bound: u32): u32 {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return <u32>((((state * 0x2545f4914f6cdd1d) >> 32) * (<u64>bound)) >> 32);
}

@inline
function at(base: usize, index: i32): i32 {
  return i32.load(base + ((<usize>index) << 2));
}

@inline
function real(base: usize, index: i32): f32 {
  return f32.load(base + ((<usize>index) << 2));
}

@inline
function row(table: usize, index: i32): usize {
  return table + (<usize>index) * rowBytes;
}

@inline
function firstOf(item: i32, end: i32): i32 {
  const start = at(itemStart, item);
  return end - start > 1 ? start + skipped : start;
}

function scoreItem(item: i32, vector: usize): f32 {
  const end = at(itemStart, item + 1);
  let sum: f32 = 0;
  for (let entry = firstOf(item, end); entry < end; entry++) {
    sum += real(itemWeight, entry) * dot(row(itemTable, at(itemFeature, entry)), vector);
  }
  return sum;
}

function addItem(table: usize, item: i32, weight: f32, out: usize): void {
  const end = at(itemStart, item + 1);
  for (let entry = firstOf(item, end); entry < end; entry++) {
    add(out, row(table, at(itemFeature, entry)), weight * real(itemWeight, entry));
  }
}

function addCustomer(customer: i32, out: usize): void {
  const end = at(customerStart, customer + 1);
  for (let entry = at(customerStart, customer); entry < end; entry++) {
    add(out, row(customerTable, at(customerFeature, entry)), real(customerWeight, entry));
  }
}

function learnItem(table: usize, squares: usize, item: i32, direction: usize, weight: f32, decay: f32): void {
  const end = at(itemStart, item + 1);
  for (let entry = firstOf(item, end); entry < end; entry++) {
    const feature = at(itemFeature, entry);
    learn(row(table, feature), row(squares, feature), direction, weight * real(itemWeight, entry), decay);
  }
}

function learnCustomer(customer: i32, direction: usize): void {
  const end = at(customerStart, customer + 1);
  for (let entry = at(customerStart, customer); entry < end; entry++) {
    const feature = at(customerFeature, entry);
    const weight = real(customerWeight, entry);
    learn(row(customerTable, feature), row(customerSquares, feature), direction, weight, customerDecay);
  }
}

@inline
function dot(a: usize, b: usize): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < rowBytes; i += 16) {
    sum = madd(v128.load(a + i), v128.load(b + i), sum);
  }
  return lanesSum(sum);
}

@inline
function add(out: usize, from: usize, weight: f32): void {
  const w = f32x4.splat(weight);
  for (let i: usize = 0; i < rowBytes; i += 16) {
    v128.store(out + i, madd(w, v128.load(from + i), v128.load(out + i)));
  }
}

/** Adagrad (Duchi et al. 2011) on g = weight · direction + decay · values: squares += g², values −= rate · g / √squares. */
@inline
function learn(values: usize, squares: usize, direction: usize, weight: f32, decay: f32): void {
  const w = f32x4.splat(weight);
  const a = f32x4.splat(decay);
  const r = f32x4.splat(-rate);
  for (let i: usize = 0; i < rowBytes; i += 16) {
    const value = v128.load(values + i);
    const gradient = madd(w, v128.load(direction + i), f32x4.mul(a, value));
    const square = madd(gradient, gradient, v128.load(squares + i));
    v128.store(squares + i, square);
    v128.store(values + i, madd(r, f32x4.div(gradient, f32x4.sqrt(square)), value));
  }
}
