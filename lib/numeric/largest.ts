// The k places of the largest values among some places, largest first; of equals the lower place.
// Cost: a comparison a place, and log k for each that enters the heap of k.

export const largest = (values: Float64Array, places: Int32Array, k: number): Int32Array => {
  const heap = new Int32Array(Math.min(k, places.length));
  let size = 0;
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    if (size < heap.length) {
      heap[size++] = place;
      if (size === heap.length) {
        heapify(heap, values);
      }
    } else if (size > 0 && isLess(values, heap[0], place)) {
      heap[0] = place;
      siftDown(heap, 0, values);
    }
  }
  return heap.sort((a, b) => values[b] - values[a] || a - b);
};

/** The smallest of the kept on top. */
const heapify = (heap: Int32Array, values: Float64Array): void => {
  for (let parent = (heap.length >> 1) - 1; parent >= 0; parent--) {
    siftDown(heap, parent, values);
  }
};

const isLess = (values: Float64Array, a: number, b: number): boolean =>
  values[a] < values[b] || (values[a] === values[b] && a > b);

const siftDown = (heap: Int32Array, from: number, values: Float64Array): void => {
  const moved = heap[from];
  let parent = from;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) {
      break;
    }
    if (child + 1 < heap.length && isLess(values, heap[child + 1], heap[child])) {
      child++;
    }
    if (!isLess(values, heap[child], moved)) {
      break;
    }
    heap[parent] = heap[child];
    parent = child;
  }
  heap[parent] = moved;
};
