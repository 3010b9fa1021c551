"""How hard each tenth of MovieLens 1M is on which the stack is tested: RMSE of ``svd`` on all ten.

``python benchmarks/tenths.py``. The tenths are those of ``benchmarks/stack.py --data ml-1m``.
"""

from __future__ import annotations

import numpy as np

from marquee.data.sources import read_source
from marquee.models.svd import SVD
from peers import data_root, rmse
from stack import TENTHS, tenth


def main() -> None:
    """Prints a line for each tenth, and the mean."""
    tables = read_source(data_root() / "ml-1m")[1].tables
    errors = []
    for which in range(TENTHS):
        train, test = tenth(tables, which)
        predicted = SVD().fit(train).predict_ratings(train, test.rows, test.matrix.indices)
        errors.append(rmse(predicted, test))
        print(f"{which}  {errors[-1]:.4f}", flush=True)
    print(f"mean  {np.mean(errors):.4f}")


if __name__ == "__main__":
    main()
