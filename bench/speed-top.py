"""implicit's side of bench/speed-top.ts: trains, leaves its factors, and recommends for all users when asked."""
import json
import sys
import time

import numpy as np
import scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_info

folder, out = sys.argv[1:3]
items, factors, n, threads, batch = map(int, sys.argv[3:8])
indptr = np.load(f"{folder}/indptr.npy")
indices = np.load(f"{folder}/indices.npy")
users = len(indptr) - 1
taken = sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(users, items))

model = AlternatingLeastSquares(factors=factors, num_threads=threads, iterations=2, random_state=1)
for line in sys.stdin:
    word = line.strip()
    if word == "train":
        model.fit(taken, show_progress=False)
        model.user_factors.astype("<f4").tofile(f"{out}/users.f32")
        model.item_factors.astype("<f4").tofile(f"{out}/items.f32")
        blas = [f"{i['architecture']} × {i['num_threads']}" for i in threadpool_info() if i["user_api"] == "blas"]
        print(json.dumps({"blas": blas}), flush=True)
    else:
        started, used = time.perf_counter(), time.process_time()
        first = None
        for start in range(0, users, batch):
            ids = np.arange(start, min(users, start + batch))
            found, _ = model.recommend(ids, taken[ids], N=n, filter_already_liked_items=True)
            first = found if first is None else first
        took, cpu = time.perf_counter() - started, time.process_time() - used
        print(json.dumps({"s": took, "cpuS": cpu, "first": first[:100].tolist()}), flush=True)
