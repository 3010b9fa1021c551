"""Saving and loading fitted forecasters and classifiers of success.

::

    FOLDER/CURRENT                   the version in force and the SHA-256 of its manifest
    FOLDER/version-000002/
        manifest.json                name, parameters, what it forecasts, SHA-256 of the other
        learned.skops                what it learned

``learned.skops`` is an archive of plain arrays and of the state of the scikit-learn and XGBoost
objects that hold them, written by skops. Reading runs no code from the file: only the types of
:data:`TRUSTED` are made, and nothing of pickle is read. The SHA-256 tells damage, not forgery; a
model from a stranger is data from a stranger.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marquee.data.workspace import sync
from marquee.errors import MarqueeError, SavedModelError
from marquee.lifecycle.manifest import MANIFEST, library_versions, read_bytes, read_json
from marquee.lifecycle.versions import in_force, put_in_force

if TYPE_CHECKING:
    from marquee.forecast.base import Estimator

FORMAT = 1
"""Number of the format that this version writes, and the only one that it reads."""

LEARNED = "learned.skops"

ANEW = "`marquee forecast fit` makes a new one"
"""The way out where a file was written by another version, or damaged."""

KEYS = {"format", "kind", "model", "parameters", "about", "learned_sha256", "versions"}

TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
    "marquee.forecast.encoding.Encoder",
    "marquee.forecast.outcome_records.OutcomeRecords",
)
"""Types that may be made while reading, besides those that skops trusts and our estimators."""


@dataclass(frozen=True, kw_only=True)
class ForecastAbout:
    """What a saved forecaster is for, and what it was fitted on."""

    target: str
    """What it forecasts: revenue, popularity, audience, success."""
    horizon: str
    """Stage of a film's life whose columns it needs."""
    data_fingerprint: str
    """SHA-256 of the data that it was fitted on."""
    metrics: dict[str, float] = field(default_factory=dict)
    created_at: str | None = None
    """When it was written, as the caller put it."""
    trained: dict[str, Any] = field(default_factory=dict)
    """What the training films were like, as JSON knows it: counts, years, ranges of columns."""


@dataclass(frozen=True, eq=False)
class SavedForecaster:
    """A forecaster or classifier as it was saved."""

    model: Any
    """The fitted :class:`~marquee.forecast.base.Forecaster` or ``Classifier``."""
    about: ForecastAbout
    version: str
    """Twelve hexadecimal digits that no other save has, not even of an equal model."""


def save_forecaster(model: Estimator, folder: Path, *, about: ForecastAbout) -> None:
    """Saves a fitted forecaster or classifier in the folder, in place of the one that is there.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    SavedModelError
        If the model has no public name, holds something that cannot be read back, or the folder is
        being written by another process.
    """
    model.check_fitted()
    put_in_force(folder, lambda version: _write(model, version, about))


def load_forecaster(folder: Path) -> SavedForecaster:
    """The forecaster saved in the folder, which forecasts bit for bit as it did.

    Raises
    ------
    SavedModelError
        If there is none, or anything about it is not as it was saved; the text names the file.
    """
    version, digest = in_force(folder)
    manifest = _read_manifest(version / MANIFEST, digest)
    model = _unfitted(manifest, version / MANIFEST)
    learned = _read_learned(version / LEARNED, manifest["learned_sha256"])
    for name in sorted(_learned_fields(model) ^ learned.keys()):
        raise SavedModelError(f"{version / LEARNED} has or lacks the field {name!r}; {ANEW}")
    for name, value in learned.items():
        setattr(model, name, value)
    return SavedForecaster(model, _about(manifest, version / MANIFEST), digest[:12])


def _write(model: Estimator, folder: Path, about: ForecastAbout) -> str:
    """Writes the model into a new folder; the SHA-256 of its manifest."""
    import skops.io

    kind, name = _public_name(model)
    learned = {field: getattr(model, field) for field in sorted(_learned_fields(model))}
    archive = skops.io.dumps(learned, compression=zipfile.ZIP_DEFLATED)
    odd = sorted(set(skops.io.get_untrusted_types(data=archive)) - set(_trusted()))
    if odd:
        raise SavedModelError(f"{name} holds {', '.join(odd)}, which cannot be saved")
    manifest = {
        "format": FORMAT,
        "kind": kind,
        "model": name,
        "parameters": _encoded(model.params()),
        "about": dataclasses.asdict(about),
        "learned_sha256": hashlib.sha256(archive).hexdigest(),
        "versions": library_versions() | _more_versions(),
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    content = text.encode() + b"\n"
    folder.mkdir()
    for path, data in ((folder / LEARNED, archive), (folder / MANIFEST, content)):
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    sync(folder)
    return hashlib.sha256(content).hexdigest()


def _read_manifest(path: Path, digest: str) -> dict[str, Any]:
    given = read_json(path, digest, FORMAT)
    absent = sorted(KEYS - given.keys())
    if absent:
        raise SavedModelError(f"{path} lacks {absent[0]!r}; {ANEW}")
    return given


def _about(manifest: Mapping[str, Any], path: Path) -> ForecastAbout:
    try:
        return ForecastAbout(**manifest["about"])
    except TypeError as error:
        raise SavedModelError(f"{path} tells the model wrongly ({error}); {ANEW}") from error


def _unfitted(manifest: Mapping[str, Any], path: Path) -> Estimator:
    table = _tables().get(manifest["kind"], {})
    name = manifest["model"]
    if name not in table:
        raise SavedModelError(
            f"{path} names the unknown {manifest['kind']} {name!r}; known are {', '.join(table)}; "
            f"{ANEW}"
        )
    try:
        return table[name](**_decoded(manifest["parameters"]))
    except (MarqueeError, TypeError, ValueError) as error:
        raise SavedModelError(
            f"{path} has parameters that {name} refuses: {error}; {ANEW}"
        ) from error


def _read_learned(path: Path, digest: str) -> dict[str, Any]:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    archive = read_bytes(path, digest)
    try:
        learned = skops.io.loads(archive, trusted=_trusted())
    except (UntrustedTypesFoundException, zipfile.BadZipFile, ValueError, TypeError) as error:
        raise SavedModelError(f"{path} cannot be read ({error}); {ANEW}") from error
    if not isinstance(learned, dict):
        raise SavedModelError(f"{path} does not hold what a model learned; {ANEW}")
    return learned


def _tables() -> dict[str, Mapping[str, type[Estimator]]]:
    from marquee.forecast import CLASSIFIERS, FORECASTERS

    return {"forecaster": FORECASTERS, "classifier": CLASSIFIERS}


def _trusted() -> list[str]:
    """Every type that may be made: the list above, and our own estimators as members of others."""
    own = {
        f"{kind.__module__}.{kind.__qualname__}"
        for table in _tables().values()
        for kind in table.values()
    }
    return sorted({*TRUSTED, *own})


def _public_name(model: Estimator) -> tuple[str, str]:
    for kind, table in _tables().items():
        for name, estimator in table.items():
            if type(model) is estimator:
                return kind, name
    raise SavedModelError(
        f"{type(model).__name__} cannot be saved because it is in neither FORECASTERS nor "
        "CLASSIFIERS; enter it there"
    )


def _learned_fields(model: Estimator) -> set[str]:
    """Names of the learned fields that the class declares."""
    return {f.name for f in dataclasses.fields(model) if not f.init and f.name.endswith("_")}


def description(model: Estimator) -> dict[str, Any]:
    """What a model is before it learns, as JSON: its kind, name and parameters."""
    found: dict[str, Any] = _encoded(model)
    return found


def _encoded(value: Any) -> Any:
    """Parameters as JSON knows them; an unfitted member is its kind, name and parameters."""
    if isinstance(value, dict):
        return {key: _encoded(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_encoded(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and hasattr(value, "params"):
        kind, name = _public_name(value)  # type: ignore[arg-type]  # a member is an Estimator
        return {"kind": kind, "model": name, "parameters": _encoded(value.params())}
    raise SavedModelError(f"parameter {value!r} cannot be saved; use a plain value")


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"kind", "model", "parameters"}:
            return _unfitted(value, Path(MANIFEST))
        return {key: _decoded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_decoded(inner) for inner in value)
    return value


def _more_versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("scikit-learn", "skops", "xgboost-cpu")}
