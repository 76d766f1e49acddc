// One half step of alternating least squares: every row x of `out` from its entries (column c, weight w), the rows q of
// `table` they stand for, and B = α0 Q'Q:  (Σ w q q' + B + ridge I) x = Σ w q.
// By conjugate gradients from the x of before (Takács, Pilászy & Tikk 2011), where B is diagonal preconditioned by
// M = B + ridge I, or exactly (Cholesky). float32 throughout;
// rows are d floats, d a multiple of 4. Rows are taken in chunks of about equal cost; a row's result depends on nothing
// but its entries, so not on the threads either.

import { decompose, solveBackward, solveForward } from './cholesky';
import { addOuterProducts } from './gramian';
import { addBlock, addLastBlock, blockCoefficients, blockResidual, blockSquares, packFour, packFourAlong, packPart, touchRows, twoBlocksSquares } from './packed-rows';
import { lanesSum, madd } from './simd';
import { takeChunk } from './threads';

/** Rows gathered at once for the normal equations: with their tiles they stay in the first-level cache. */
const gatheredRows = 64;

/** Rows added up in float32 on their own before they are added to the rows before them. */
const summedRows = 4096;

// What all rows of a half step share; every thread has its own.
let table: usize;
let bytes: usize;
let base: usize;
/** The diagonal of B where it is all of B, or 0. */
let diagonal: usize = 0;
let span: usize;
let pitch: usize;
let work: usize;
let packedRows: i32;

/** `base`: rows of B by `pitch` (exact), or packed by eight (gradients). `work`: this thread's scratch. */
export function alsPrepare(
  tableAt: usize, size: i32, baseAt: usize, workAt: usize, packedRowsCount: i32,
): void {
  table = tableAt;
  bytes = (<usize>size) << 2;
  base = baseAt;
  diagonal = 0;
  span = (bytes + 31) & ~31;
  pitch = span;
  work = workAt;
  packedRows = packedRowsCount;
}

/**
 * Parallel. `weights` 0: all are `weight`. `isDiagonal`: B is, and follows `base` as its diagonal alone. `steps` 0: exact.
 * `tolerance` above 0 (B diagonal): rows come to that relative error, exactly where `steps` do not suffice. sums[4 chunk …]: the rows' part of the loss, Σ ridge |x|²
 * of it, and how many rows became NaN and are in neither. A row without entries becomes zero.
 */
export function alsHalfStep(
  thread: i32,
  rowStart: usize, columns: usize, weights: usize, weight: f32, ridges: usize, rows: i32,
  tableAt: usize, out: usize, size: i32, baseAt: usize,
  isDiagonal: i32, steps: i32, tolerance: f32, scratch: usize, scratchBytes: i32, packedRowsCount: i32,
  chunks: i32, chunkCost: f64, rowCost: i32, sums: usize,
): void {
  alsPrepare(tableAt, size, baseAt, scratch + (<usize>thread) * (<usize>scratchBytes), packedRowsCount);
  diagonal = isDiagonal ? base + (bytes >> 2) * pitch : 0;
  for (let chunk = takeChunk(); chunk < chunks; chunk = takeChunk()) {
    let row = firstRow(rowStart, rows, rowCost, <f64>chunk * chunkCost);
    const end = chunk + 1 == chunks ? rows : firstRow(rowStart, rows, rowCost, <f64>(chunk + 1) * chunkCost);
    let loss: f64 = 0;
    let ridgeLoss: f64 = 0;
    let failed: f64 = 0;
    for (; row < end; row++) {
      const from = <usize>load<i32>(rowStart + ((<usize>row) << 2));
      const count = load<i32>(rowStart + ((<usize>row) << 2), 4) - <i32>from;
      const x = out + (<usize>row) * bytes;
      if (count == 0) {
        memory.fill(x, 0, bytes);
        continue;
      }
      const own = weights == 0 ? <usize>0 : weights + (from << 2);
      const ridge = load<f32>(ridges + ((<usize>row) << 2));
      const part =
        tolerance > 0
          ? rowToTolerance(columns + (from << 2), own, weight, count, ridge, steps, tolerance, x)
          : steps > 0
          ? alsRowByGradients(columns + (from << 2), own, weight, count, ridge, steps, x)
          : alsRowExactly(columns + (from << 2), own, weight, count, ridge, x);
      if (isNaN(part)) {
        failed++;
      } else {
        loss += part;
        ridgeLoss += <f64>(ridge * dot(x, x, bytes));
      }
    }
    const sum = sums + ((<usize>chunk) << 5);
    store<f64>(sum, loss);
    store<f64>(sum, ridgeLoss, 8);
    store<f64>(sum, failed, 16);
  }
}

/** The first row before which entries and rows × rowCost come to at least `cost`. */
function firstRow(rowStart: usize, rows: i32, rowCost: i32, cost: f64): i32 {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (<f64>load<i32>(rowStart + ((<usize>middle) << 2)) + <f64>middle * <f64>rowCost < cost) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Scratch: x, r, p, A p, a part of a sum (span bytes each), weights, packed rows. Returns the row's part of the loss. */
export function alsRowByGradients(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, steps: i32, row: usize,
): f64 {
  const x = work;
  const r = x + span;
  const p = r + span;
  const product = p + span;
  memory.copy(x, row, bytes);
  memory.fill(x + bytes, 0, span - bytes);
  let loss = <f64>(
    count <= packedRows
      ? gather(columns, weights, weight, count, ridge, x, r)
      : residual(columns, weights, weight, count, ridge, x, 1, r)
  );
  loss -= <f64>dot(x, r, span);
  memory.fill(p, 0, span);
  let squares = scaledSquares(r, ridge);
  let turn: f32 = 0;
  // The last step needs no new residual, only p · A p.
  for (let step = 1; step <= steps && !(squares < 1e-20); step++) {
    turnTowards(p, r, ridge, turn);
    const last = step == steps;
    const curvature = last
      ? quadratic(columns, weights, weight, count, ridge, p, product)
      : -residualAlong(columns, weights, weight, count, ridge, p, product);
    const length = squares / curvature;
    loss -= <f64>(length * squares);
    addScaled(x, p, length);
    if (!last) {
      addScaled(r, product, length);
      const next = scaledSquares(r, ridge);
      turn = next / squares;
      squares = next;
    }
  }
  memory.copy(row, x, bytes);
  return loss;
}

/**
 * Conjugate gradients until |r| in the norm of M⁻¹ is at most `tolerance`
 * times |x| in that of M: since A ≥ M, the error of x in the norm of M is no larger. Scratch as alsRowByGradients.
 */
function rowToTolerance(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, steps: i32, tolerance: f32, row: usize,
): f64 {
  const x = work;
  const r = x + span;
  const p = r + span;
  const product = p + span;
  memory.copy(x, row, bytes);
  memory.fill(x + bytes, 0, span - bytes);
  memory.fill(p, 0, span);
  let loss = <f64>(
    count <= packedRows
      ? gather(columns, weights, weight, count, ridge, x, r)
      : residual(columns, weights, weight, count, ridge, x, 1, r)
  );
  loss -= <f64>dot(x, r, span);
  let squares = scaledSquares(r, ridge);
  let turn: f32 = 0;
  for (let step = 0; !(squares <= tolerance * tolerance * energy(x, ridge)); step++) {
    if (step == steps) {
      return alsRowExactly(columns, weights, weight, count, ridge, row);
    }
    turnTowards(p, r, ridge, turn);
    const length = squares / -residualAlong(columns, weights, weight, count, ridge, p, product);
    loss -= <f64>(length * squares);
    addScaled(x, p, length);
    addScaled(r, product, length);
    const next = scaledSquares(r, ridge);
    turn = next / squares;
    squares = next;
  }
  memory.copy(row, x, bytes);
  return loss;
}

/** vector · M⁻¹ vector; vector · vector where B is not diagonal. */
function scaledSquares(vector: usize, ridge: f32): f32 {
  if (diagonal == 0) {
    return dot(vector, vector, span);
  }
  const shift = f32x4.splat(ridge);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < span; at += 16) {
    const v = v128.load(vector + at);
    sum = madd(f32x4.div(v, f32x4.add(v128.load(diagonal + at), shift)), v, sum);
  }
  return lanesSum(sum);
}

/** vector · M vector. */
function energy(vector: usize, ridge: f32): f32 {
  const shift = f32x4.splat(ridge);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < span; at += 16) {
    const v = v128.load(vector + at);
    sum = madd(f32x4.mul(v, f32x4.add(v128.load(diagonal + at), shift)), v, sum);
  }
  return lanesSum(sum);
}

/** p = turn p + M⁻¹ r; turn p + r where B is not diagonal. */
function turnTowards(p: usize, r: usize, ridge: f32, turn: f32): void {
  const shift = f32x4.splat(ridge);
  const scale = f32x4.splat(turn);
  for (let at: usize = 0; at < span; at += 16) {
    let direction = v128.load(r + at);
    if (diagonal != 0) {
      direction = f32x4.div(direction, f32x4.add(v128.load(diagonal + at), shift));
    }
    v128.store(p + at, madd(v128.load(p + at), scale, direction));
  }
}

/** product = −A p; returns p · product. */
function residualAlong(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, p: usize, product: usize,
): f32 {
  residual(columns, weights, weight, count, ridge, p, 0, product);
  return dot(p, product, span);
}

/** p · A p; `product` is scratch. */
function quadratic(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, p: usize, product: usize,
): f32 {
  multiplyBase(ridge, p, product);
  const packedWeights = work + 5 * span;
  const packed = packedWeights + ((<usize>packedRows) << 2);
  let sum = f32x4.splat(0);
  if (count <= packedRows) {
    let block = packed;
    let w = packedWeights;
    let entry = 4;
    for (; entry < count; entry += 8) {
      sum = f32x4.add(sum, twoBlocksSquares(block, bytes, p, w));
      block += bytes << 3;
      w += 32;
    }
    if (entry - 4 < count) {
      sum = f32x4.add(sum, blockSquares(block, bytes, p, w));
    }
  } else {
    for (let entry = 0; entry < count; entry += 4) {
      pack(columns, weights, weight, count, entry, packedWeights, packed);
      sum = f32x4.add(sum, blockSquares(packed, bytes, p, packedWeights));
    }
  }
  return lanesSum(sum) - dot(p, product, span);
}

/** out = −(B + ridge I) vector. */
function multiplyBase(ridge: f32, vector: usize, out: usize): void {
  const scale = f32x4.splat(-ridge);
  if (diagonal != 0) {
    for (let at: usize = 0; at < span; at += 16) {
      v128.store(out + at, f32x4.mul(f32x4.sub(scale, v128.load(diagonal + at)), v128.load(vector + at)));
    }
    return;
  }
  let block = base;
  for (let at: usize = 0; at < span; at += 32) {
    blockResidual(block, bytes, vector, vector + at, scale, out + at);
    block += bytes << 3;
  }
}

/** Packs the rows and on the way does what residual() does with target 1. */
function gather(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, vector: usize, out: usize,
): f32 {
  multiplyBase(ridge, vector, out);
  const one = f32x4.splat(1);
  let packed = work + 5 * span;
  let block = packed + ((<usize>packedRows) << 2);
  let part = out;
  let sum = f32x4.splat(0);
  for (let entry = 0; entry < count; entry += 4) {
    const at = (<usize>entry) << 2;
    if (entry % gatheredRows == 0) {
      touchRows(table, columns + at, min(gatheredRows, count - entry), bytes);
    }
    if (entry > 0 && entry % summedRows == 0) {
      part = flushed(out, part);
    }
    let coefficients: v128;
    if (count - entry >= 4) {
      v128.store(packed, weights == 0 ? f32x4.splat(weight) : v128.load(weights + at));
      coefficients = packFourAlong(table, columns + at, bytes, block, vector, packed);
    } else {
      pack(columns, weights, weight, count, entry, packed, block);
      coefficients = blockCoefficients(block, bytes, vector, packed, one);
    }
    addLastBlock(block, bytes, coefficients, part);
    sum = f32x4.add(sum, coefficients);
    packed += 16;
    block += bytes << 2;
  }
  flushed(out, part);
  return lanesSum(sum);
}

/** Adds a part of a sum to the whole unless it is the whole itself; the part, as zeros, for what follows. */
function flushed(out: usize, part: usize): usize {
  const next = work + (span << 2);
  if (part != out) {
    addVector(out, part, span);
  }
  memory.fill(next, 0, span);
  return next;
}

function pack(columns: usize, weights: usize, weight: f32, count: i32, entry: i32, packed: usize, block: usize): void {
  const rest = count - entry;
  const at = (<usize>entry) << 2;
  if (rest >= 4) {
    packFour(table, columns + at, bytes, block);
    v128.store(packed, weights == 0 ? f32x4.splat(weight) : v128.load(weights + at));
  } else {
    packPart(table, columns + at, rest, bytes, block);
    v128.store(packed, f32x4.splat(0));
    for (let place: usize = 0; place < <usize>rest << 2; place += 4) {
      store<f32>(packed + place, weights == 0 ? weight : load<f32>(weights + at + place));
    }
  }
}

/** out = target Σ w q − A vector; returns Σ w (target − q · vector). Rows too many to stay packed are packed again. */
function residual(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, vector: usize, target: f32, out: usize,
): f32 {
  multiplyBase(ridge, vector, out);
  const goal = f32x4.splat(target);
  const packedWeights = work + 5 * span;
  const packed = packedWeights + ((<usize>packedRows) << 2);
  let sum: f32 = 0;
  for (let from = 0; from < count; from += summedRows) {
    const rows = min(summedRows, count - from);
    const at = (<usize>from) << 2;
    let part = out;
    if (from > 0) {
      part = work + (span << 2);
      memory.fill(part, 0, span);
    }
    if (count <= packedRows) {
      sum += addPacked(packed + (<usize>from) * bytes, packedWeights + at, rows, vector, goal, part);
    } else {
      const own = weights == 0 ? <usize>0 : weights + at;
      sum += addGathered(columns + at, own, weight, rows, vector, goal, part);
    }
    if (from > 0) {
      addVector(out, part, span);
    }
  }
  return sum;
}

/** out += Σ c q over packed rows, c = w (target − q · vector); returns Σ c. */
function addPacked(block: usize, weights: usize, count: i32, vector: usize, target: v128, out: usize): f32 {
  let coefficients = blockCoefficients(block, bytes, vector, weights, target);
  let sum = coefficients;
  for (let entry = 4; entry < count; entry += 4) {
    weights += 16;
    coefficients = addBlock(block, bytes, coefficients, vector, weights, target, out);
    sum = f32x4.add(sum, coefficients);
    block += bytes << 2;
  }
  addLastBlock(block, bytes, coefficients, out);
  return lanesSum(sum);
}

/** The same over rows that are gathered for it. */
function addGathered(
  columns: usize, weights: usize, weight: f32, count: i32, vector: usize, target: v128, out: usize,
): f32 {
  const packedWeights = work + 5 * span;
  const block = packedWeights + ((<usize>packedRows) << 2);
  let sum = f32x4.splat(0);
  for (let entry = 0; entry < count; entry += 4) {
    pack(columns, weights, weight, count, entry, packedWeights, block);
    const coefficients = blockCoefficients(block, bytes, vector, packedWeights, target);
    addLastBlock(block, bytes, coefficients, out);
    sum = f32x4.add(sum, coefficients);
  }
  return lanesSum(sum);
}

function dot(a: usize, b: usize, length: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < length; at += 16) {
    sum = madd(v128.load(a + at), v128.load(b + at), sum);
  }
  return lanesSum(sum);
}

function addScaled(target: usize, source: usize, factor: f32): void {
  const scale = f32x4.splat(factor);
  for (let at: usize = 0; at < span; at += 16) {
    v128.store(target + at, madd(scale, v128.load(source + at), v128.load(target + at)));
  }
}

/**
 * Scratch: right side, inverses of the diagonal, a part of the right side (span bytes each), the system and a part of it
 * (d × pitch each), gathered rows, times √w each. Returns the row's part of the loss; NaN, and x NaN, when the system is
 * not positive definite in float32.
 */
export function alsRowExactly(
  columns: usize, weights: usize, weight: f32, count: i32, ridge: f32, row: usize,
): f64 {
  const right = work;
  const inverses = right + span;
  const rightPart = inverses + span;
  const system = rightPart + span;
  const systemBytes = (bytes >> 2) * pitch;
  const systemPart = system + systemBytes;
  memory.copy(system, base, systemBytes);
  memory.fill(right, 0, span);
  let mass: f64 = addRows(columns, weights, weight, min(count, summedRows), right, system);
  for (let from = summedRows; from < count; from += summedRows) {
    memory.fill(systemPart, 0, systemBytes);
    memory.fill(rightPart, 0, span);
    const at = (<usize>from) << 2;
    const own = weights == 0 ? <usize>0 : weights + at;
    mass += addRows(columns + at, own, weight, min(count - from, summedRows), rightPart, systemPart);
    addVector(system, systemPart, systemBytes);
    addVector(right, rightPart, span);
  }
  for (let at: usize = 0; at < bytes; at += 4) {
    const diagonal = system + (at >> 2) * pitch + at;
    store<f32>(diagonal, load<f32>(diagonal) + ridge);
  }
  if (!decompose(system, bytes, pitch, inverses)) {
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(row + at, NaN);
    }
    return NaN;
  }
  const explained = solveForward(system, bytes, pitch, inverses, right);
  solveBackward(system, bytes, pitch, inverses, right);
  memory.copy(row, right, bytes);
  return mass - <f64>explained;
}

/** right += Σ w q, system += Σ w q q' over `count` entries; returns Σ w. */
function addRows(columns: usize, weights: usize, weight: f32, count: i32, right: usize, system: usize): f64 {
  const gathered = work + 3 * span + 2 * (bytes >> 2) * pitch;
  let mass: f64 = 0;
  for (let from = 0; from < count; from += gatheredRows) {
    const rows = min(gatheredRows, count - from);
    touchRows(table, columns + ((<usize>from) << 2), rows, bytes);
    for (let place = 0; place < rows; place++) {
      const entry = (<usize>(from + place)) << 2;
      const w = weights == 0 ? weight : load<f32>(weights + entry);
      mass += <f64>w;
      gatherRow(
        table + <usize>load<i32>(columns + entry) * bytes, gathered + (<usize>place) * bytes, sqrt<f32>(w), right,
      );
    }
    addOuterProducts(gathered, rows, bytes, system, pitch);
  }
  return mass;
}

function addVector(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)));
  }
}

/** target = root × source; right += root × target. */
function gatherRow(source: usize, target: usize, root: f32, right: usize): void {
  const scale = f32x4.splat(root);
  for (const end = source + bytes; source < end; source += 16) {
    const scaled = f32x4.mul(scale, v128.load(source));
    v128.store(target, scaled);
    v128.store(right, madd(scale, scaled, v128.load(right)));
    target += 16;
    right += 16;
  }
}
