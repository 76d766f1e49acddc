// Small pieces of every dense kernel.

/** a · b + c, fused where the machine has relaxed SIMD. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** a · b + c in float64. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function madd64(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function lanesSum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}
