"""How long a chain of ``bayesian-fm`` must be: errors of the mean of so many draws, MovieLens 1M.

``python benchmarks/chain_length.py [--factors 24] [--draws 100] [--thinning 2]``: one chain of the
ordered probit learns from nine tenths of the training part of fold 0 of ``benchmarks/stack.py
--data ml-1m``, and is asked about the tenth left over; no test rating is read. Printed are the RMSE
of the first draws, which lie close together, and of as many spread over the whole chain.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from marquee.data.sources import read_source
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.models.bayesian_fm import BayesianFM
from marquee.models.stacking import inner_folds
from peers import data_root
from stack import TENTHS, tenth

BURN_IN = 20


def main() -> None:
    """Prints a line for each number of draws."""
    options = _options()
    tables = read_source(data_root() / "ml-1m")[1].tables
    whole, _ = tenth(tables, 0)
    labels = inner_folds(whole, TENTHS, 0)
    train, held = whole.where(labels != 0), whole.where(labels == 0)
    model = BayesianFM(
        task="probit",
        factors=options.factors,
        burn_in=BURN_IN,
        samples=options.draws,
        thinning=options.thinning,
        seed=1,
    )
    start = time.process_time()
    model.use_titles(titles_frame(tables)).use_viewers(viewers_frame(tables)).fit(train)
    print(f"fit {time.process_time() - start:.0f} CPU s", flush=True)
    kept, said = model.draws_, []
    for place in range(options.draws):
        model.draws_ = {name: array[place : place + 1] for name, array in kept.items()}
        said.append(model.predict_ratings(train, held.rows, held.matrix.indices))
    for n in sorted({1, 10, 20, 30, 50, 75, options.draws}):
        if n <= options.draws:
            spread = np.linspace(0, options.draws - 1, n).astype(int)
            errors = [
                float(np.sqrt(((np.mean(part, axis=0) - held.matrix.data) ** 2).mean()))
                for part in (said[:n], [said[place] for place in spread])
            ]
            print(f"{n:4d} draws: the first {errors[0]:.4f}, spread {errors[1]:.4f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--factors", type=int, default=24)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--thinning", type=int, default=2, help="passes from one draw to the next")
    return parser.parse_args()


if __name__ == "__main__":
    main()
