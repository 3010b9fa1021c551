"""What saving promises, tried on each forecaster and each classifier."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
from numpy.typing import NDArray

from forecast_kit import films
from marquee.errors import NotFittedError, SavedModelError
from marquee.forecast import CLASSIFIERS, FORECASTERS
from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.comparables import Mean
from marquee.forecast.distribution import Forecast
from marquee.forecast.encoding import Text
from marquee.forecast.forward_blend import ForwardBlend
from marquee.forecast.pipelines import Ridge
from marquee.lifecycle.forecast_saving import (
    LEARNED,
    ForecastAbout,
    load_forecaster,
    save_forecaster,
)

QUICK: dict[str, dict[str, Any]] = {
    "forward-blend": {"n_trees": 10, "n_seeds": 1, "forest_trees": 5},
    "mlp": {"n_epochs": 5, "n_networks": 1},
    "tuned-mlp": {"n_blocks": 1, "n_networks": 1},
    "tuned-random-forest": {"n_trees": 5},
    "stacking": {"members": (Ridge(l2=7.0), Mean())},
}
QUICK_CLASSIFIERS: dict[str, dict[str, Any]] = {
    "network": {"max_epochs": 3, "use_gpu": False},
    "random-forest": {"n_trees": 10},
}
ABOUT = ForecastAbout(
    target="revenue",
    horizon="pre_release",
    data_fingerprint="f00d",
    metrics={"log_rmse": 1.25},
    created_at="2001-02-03T04:05:06Z",
    trained={"films": 80, "budget_usd": [1.0, 2.5]},
)
EVERY = [("forecaster", name) for name in sorted(FORECASTERS)] + [
    ("classifier", name) for name in sorted(CLASSIFIERS)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "forecasts" / "Łódź 1"


def fitted(kind: str, name: str) -> Forecaster | Classifier:
    features, revenue = films()
    if kind == "forecaster":
        return FORECASTERS[name](**QUICK.get(name, {})).fit(features, revenue)
    classes = np.digitize(revenue, np.quantile(revenue, [0.2, 0.5, 0.7]))
    return CLASSIFIERS[name](**QUICK_CLASSIFIERS.get(name, {})).fit(features, classes)


def answer(model: Forecaster | Classifier) -> NDArray[np.float64]:
    features, _ = films(30, seed=5)
    if isinstance(model, Forecaster):
        return model.predict(features).quantiles
    return model.probabilities(features)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_loaded_model_answers_bit_for_bit_as_it_did(kind: str, name: str, folder: Path) -> None:
    model = fitted(kind, name)
    save_forecaster(model, folder, about=ABOUT)
    saved = load_forecaster(folder)
    assert type(saved.model) is type(model)
    assert repr(saved.model.params()) == repr(model.params())
    assert np.array_equal(answer(saved.model), answer(model))
    assert saved.about == ABOUT


@pytest.mark.slow
@pytest.mark.parametrize("text", ["tfidf-svd", "topics"])
def test_every_way_of_encoding_can_be_saved(text: Text, folder: Path) -> None:
    model = Ridge(impute="iterative", scale="minmax", text=text, min_count=3).fit(*films())
    save_forecaster(model, folder, about=ABOUT)
    assert np.array_equal(answer(load_forecaster(folder).model), answer(model))


@pytest.mark.slow
def test_records_of_people_are_saved(folder: Path) -> None:
    features, revenue = films()
    people = pl.Series("cast_people", [[str(row % 7)] for row in range(features.height)])
    named = features.with_columns(people)
    model = ForwardBlend(**QUICK["forward-blend"], records=("cast_people",)).fit(named, revenue)
    save_forecaster(model, folder, about=ABOUT)
    loaded = load_forecaster(folder).model
    assert np.array_equal(loaded.predict(named).quantiles, model.predict(named).quantiles)


@pytest.mark.slow
def test_another_process_gets_the_same_answer(folder: Path) -> None:
    model = fitted("forecaster", "xgboost")
    save_forecaster(model, folder, about=ABOUT)
    script = (
        "import sys; from pathlib import Path\n"
        "sys.path.append(sys.argv[2])\n"
        "from marquee.lifecycle.forecast_saving import load_forecaster\n"
        "from forecast_kit import films\n"
        "model = load_forecaster(Path(sys.argv[1])).model\n"
        "sys.stdout.buffer.write(model.predict(films(30, seed=5)[0]).quantiles.tobytes())\n"
    )
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), tests], capture_output=True, check=True
    )
    assert done.stdout == answer(model).tobytes()


def test_the_version_names_one_save_and_the_last_one_counts(folder: Path) -> None:
    features, revenue = films()
    save_forecaster(Mean().fit(features, revenue), folder, about=ABOUT)
    first = load_forecaster(folder)
    assert load_forecaster(folder).version == first.version
    save_forecaster(Mean().fit(features, 2 * revenue), folder, about=ABOUT)
    second = load_forecaster(folder)
    assert second.version != first.version
    assert (answer(second.model) > answer(first.model)).all()


def version_of(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text().split()[0]


def saved_mean(folder: Path) -> Path:
    """A saved model; the folder of the version in force."""
    save_forecaster(Mean().fit(*films()), folder, about=ABOUT)
    return version_of(folder)


@pytest.mark.parametrize("file", ["manifest.json", LEARNED])
def test_a_flipped_bit_or_a_missing_file_is_named(file: str, folder: Path) -> None:
    path = saved_mean(folder) / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SavedModelError, match=f"{file} is damaged"):
        load_forecaster(folder)
    path.unlink()
    with pytest.raises(SavedModelError, match=f"{file} is missing"):
        load_forecaster(folder)


def forge(
    folder: Path, change: Callable[[dict[str, Any]], object] = dict.copy, archive: bytes = b""
) -> None:
    """Rewrites the files and makes every checksum fit, as somebody with intent would."""
    version = version_of(folder)
    manifest = json.loads((version / "manifest.json").read_text())
    if archive:
        (version / LEARNED).write_bytes(archive)
        manifest["learned_sha256"] = hashlib.sha256(archive).hexdigest()
    change(manifest)
    (version / "manifest.json").write_text(json.dumps(manifest))
    digest = hashlib.sha256((version / "manifest.json").read_bytes()).hexdigest()
    (folder / "CURRENT").write_text(f"{version.name} {digest}\n")


class Burglar:
    """A type that nobody trusts; making one would be seen."""

    made = False

    def __setstate__(self, state: Any) -> None:
        Burglar.made = True


def test_a_foreign_type_is_refused_before_it_is_made(folder: Path) -> None:
    saved_mean(folder)
    burglar = Burglar()
    burglar.__dict__["tool"] = "crowbar"
    forge(folder, archive=skops.io.dumps({"columns_": ("a",), "values_": burglar}))
    with pytest.raises(SavedModelError, match="cannot be read"):
        load_forecaster(folder)
    assert not Burglar.made


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(model="oracle"), "unknown forecaster 'oracle'"),
        (lambda m: m.update(kind="os", model="system"), "unknown os 'system'"),
        (lambda m: m.update(parameters={"wings": 2}), "mean refuses"),
        (lambda m: m.update(format=7), "has format 7, and this version of Marquee reads format 1"),
        (lambda m: m.pop("learned_sha256"), "lacks 'learned_sha256'"),
        (lambda m: m["about"].update(horizons=1), "tells the model wrongly"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(
    change: Callable[[dict[str, Any]], object], says: str, folder: Path
) -> None:
    saved_mean(folder)
    forge(folder, change)
    with pytest.raises(SavedModelError, match=says):
        load_forecaster(folder)


def test_a_field_too_many_is_refused(folder: Path) -> None:
    saved_mean(folder)
    forge(folder, archive=skops.io.dumps({"columns_": ("a",), "extra": 1}))
    with pytest.raises(SavedModelError, match="has or lacks the field"):
        load_forecaster(folder)


def test_only_fitted_models_with_a_public_name_are_saved(folder: Path) -> None:
    @dataclass(kw_only=True, eq=False)
    class Private(Forecaster):
        level_: float = field(init=False, repr=False)

        def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
            self.level_ = float(outcome[0]) + features.height

        def _predict(self, features: pl.DataFrame) -> Forecast:
            return Forecast(np.array([0.1, 0.9]), np.ones((features.height, 2)))

    with pytest.raises(NotFittedError):
        save_forecaster(Mean(), folder, about=ABOUT)
    with pytest.raises(SavedModelError, match="Private cannot be saved"):
        save_forecaster(Private().fit(*films()), folder, about=ABOUT)
    assert not list(folder.glob("version-*"))
    with pytest.raises(SavedModelError, match="holds no saved model"):
        load_forecaster(folder)


def test_the_old_model_stays_when_the_new_one_cannot_be_saved(folder: Path) -> None:
    saved_mean(folder)
    before = load_forecaster(folder).version
    odd = Mean().fit(*films())
    odd.columns_ = (Burglar(),)  # type: ignore[assignment]  # what must not get through
    with pytest.raises(SavedModelError, match="cannot be saved"):
        save_forecaster(odd, folder, about=ABOUT)
    assert load_forecaster(folder).version == before
