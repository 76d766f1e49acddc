"""implicit's side of bench/speed.ts: one epoch of its ALS a line, and at the end what it took of memory."""
import json
import sys
import time

import numpy as np
import scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_info

folder, items, factors, solver, threads = sys.argv[1:6]
indptr = np.load(f"{folder}/indptr.npy")
indices = np.load(f"{folder}/indices.npy")
shape = (len(indptr) - 1, int(items))
taken = sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=shape)
model = AlternatingLeastSquares(
    factors=int(factors),
    regularization=0.01,
    iterations=1,
    use_cg=solver == "cg",
    num_threads=int(threads),
    random_state=1,
)


def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def epoch():
    # The callback's time is that of the two half steps; transposing the matrix comes before and is not in it.
    took = []
    used = time.process_time()
    model.fit(taken, show_progress=False, callback=lambda _, seconds, __: took.append(seconds))
    return {"s": took[0], "cpuS": time.process_time() - used}


for line in sys.stdin:
    if line.strip() == "epoch":
        print(json.dumps(epoch()), flush=True)
    else:
        blas = [f"{i['architecture']} × {i['num_threads']}" for i in threadpool_info() if i["user_api"] == "blas"]
        print(json.dumps({"peakMiB": peak_mib(), "blas": blas}), flush=True)
