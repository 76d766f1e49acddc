"""LAPACK's side of bench/speed-ease.ts: the inverse of X'X + λI, by the ways that numpy and scipy offer."""
import json
import sys
import time

import numpy as np
import scipy.sparse as sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_info

folder, items, ridge = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
indptr = np.load(f"{folder}/indptr.npy")
indices = np.load(f"{folder}/indices.npy")
taken = sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(indptr) - 1, items))
gramian = (taken.T @ taken).toarray() + ridge * np.eye(items)


def by_cholesky(matrix, potrf, potri):
    factor, info = potrf(matrix, lower=1)
    inverse, failed = potri(factor, lower=1)
    assert info == 0 and failed == 0
    return inverse


ways = {
    "potrf+potri float32": lambda m: by_cholesky(m, lapack.spotrf, lapack.spotri),
    "potrf+potri float64": lambda m: by_cholesky(m, lapack.dpotrf, lapack.dpotri),
    "numpy inv float32": np.linalg.inv,
    "numpy inv float64": np.linalg.inv,
}
for line in sys.stdin:
    way = line.strip()
    if way == "check":
        # Weights of EASE by the float64 inverse: column 0 towards which all items count.
        inverse = np.linalg.inv(gramian)
        weights = -inverse / np.diag(inverse)
        blas = [f"{i['architecture']} × {i['num_threads']}" for i in threadpool_info() if i["user_api"] == "blas"]
        print(json.dumps({"blas": blas, "column": weights[:, 0].tolist()}), flush=True)
        continue
    matrix = np.asfortranarray(gramian.astype(np.float32 if "float32" in way else np.float64))
    started, used = time.perf_counter(), time.process_time()
    ways[way](matrix)
    print(json.dumps({"s": time.perf_counter() - started, "cpuS": time.process_time() - used}), flush=True)
