// What parallel kernels share: the counter from which threads take chunks of work.

/** Byte offset of the control word `next` (lib/numeric/kernels.ts). */
const nextAt: usize = 7 * 4;

/** The next chunk nobody took yet, from 0. */
@inline
export function takeChunk(): i32 {
  return atomic.add<i32>(nextAt, 1);
}

/** Every thread writes its number plus one into its place of `out` (int32). */
export function mark(thread: i32, out: usize): void {
  i32.store(out + (<usize>thread) * 4, thread + 1);
}
