"""What saving promises, tried on each entry of ``ALGORITHMS``."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from marquee.errors import NotFittedError, SavedModelError
from marquee.lifecycle.saving import describe, load, save
from marquee.models import ALGORITHMS
from marquee.models.abilities import PredictsRatings, PredictsRatingsAt
from marquee.models.base import Recommender
from marquee.models.popularity import Popularity
from recommender_kit import board_for, build, checkerboard, every_name, fitted, once, ragged, timed

every_model = pytest.mark.parametrize("name", every_name())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "Łódź 1"


def saved(model: Recommender, folder: Path, fingerprint: str = "f00d") -> Path:
    """Saves and answers the folder of the version in force."""
    save(model, folder, data_fingerprint=fingerprint)
    return version(folder)


def version(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text().split()[0]


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites the manifest and makes every checksum fit, as somebody with intent would."""
    path = version(folder) / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    reseal(folder)


def reseal(folder: Path) -> None:
    path = version(folder) / "manifest.json"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "CURRENT").write_text(f"{version(folder).name} {digest}\n")


def replace_array(folder: Path, file: str, content: bytes) -> None:
    """Puts other bytes in the place of an array, with a checksum that fits."""
    (version(folder) / file).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    forge(folder, lambda manifest: manifest["files"].__setitem__(file, digest))


def npy(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


@every_model
@pytest.mark.parametrize("make", [ragged, checkerboard])
def test_a_loaded_model_scores_bit_for_bit_like_the_saved_one(
    name: str, make: Callable[[], Any], folder: Path
) -> None:
    train = make()
    model = once(name, train)
    saved(model, folder)
    again = load(folder)
    assert type(again) is type(model)
    assert again.items_ == model.items_
    np.testing.assert_array_equal(again.score(train), model.score(train))
    np.testing.assert_array_equal(again.recommend(train).items, model.recommend(train).items)
    own = train.take([0])
    stranger = dataclasses.replace(own, users=type(own.users)(["somebody new"]))
    np.testing.assert_array_equal(again.score(stranger), model.score(stranger))


@every_model
def test_a_loaded_model_predicts_bit_for_bit_like_the_saved_one(name: str, folder: Path) -> None:
    train = timed()
    model = once(name, train)
    if not isinstance(model, PredictsRatings):
        pytest.skip("predicts no ratings")
    saved(model, folder)
    again = load(folder)
    assert isinstance(again, PredictsRatings)
    rows, columns = np.indices((train.n_users, train.n_items)).reshape(2, -1)
    np.testing.assert_array_equal(
        again.predict_ratings(train, rows, columns), model.predict_ratings(train, rows, columns)
    )
    if isinstance(model, PredictsRatingsAt):
        assert isinstance(again, PredictsRatingsAt)
        times = np.resize(train.times, rows.size)  # type: ignore[arg-type]  # not None
        np.testing.assert_array_equal(
            again.predict_ratings_at(train, rows, columns, times),
            model.predict_ratings_at(train, rows, columns, times),
        )


@every_model
def test_a_loaded_model_has_the_same_hyperparameters_and_can_be_fitted_again(
    name: str, folder: Path
) -> None:
    model = once(name, ragged())
    saved(model, folder)
    again = load(folder)
    assert repr(again) == repr(model)
    board = board_for(model)
    np.testing.assert_array_equal(
        fitted(again, board).score(board), fitted(build(name), board).score(board)
    )


@every_model
def test_saving_the_same_model_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    contents = []
    for copy in "ab":
        place = saved(fitted(name, ragged()), tmp_path / copy)
        contents.append({p.relative_to(place): p.read_bytes() for p in files_of(place)})
    assert contents[0] == contents[1]


@every_model
def test_no_byte_of_a_saved_model_can_change_unnoticed(name: str, folder: Path) -> None:
    saved(once(name, ragged()), folder)
    rng = np.random.default_rng(0)
    for path in files_of(folder):
        content = path.read_bytes()
        for place in {0, len(content) - 1, *rng.integers(0, len(content), 4).tolist()}:
            flipped = bytearray(content)
            flipped[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(flipped)
            with pytest.raises(SavedModelError):
                load(folder)
        path.write_bytes(content)
    load(folder)


@every_model
def test_a_truncated_or_missing_file_is_named(name: str, folder: Path) -> None:
    saved(once(name, ragged()), folder)
    for path in files_of(version(folder)):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 2 // 3])
        with pytest.raises(SavedModelError, match=f"{path.name} is damaged.*restore the file"):
            load(folder)
        path.unlink()
        with pytest.raises(SavedModelError, match=f"{path.name} is missing; fit and save"):
            load(folder)
        path.write_bytes(content)
    load(folder)


@every_model
def test_a_file_that_does_not_belong_is_refused(name: str, folder: Path) -> None:
    place = saved(once(name, ragged()), folder)
    shutil.copy(place / "items_.npy", place / "weights2_.npy")
    with pytest.raises(SavedModelError, match=r"weights2_\.npy is no part of the model; remove"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(model="os.system"), r"unknown model 'os\.system'; known are"),
        (lambda m: m.update(model=["ease"]), r"has model = \['ease'\], which cannot be"),
        (lambda m: m.update(format=2), "has format 2, and this version of Marquee reads format 1;"),
        (lambda m: m.update(format="1"), "is not the manifest of a model"),
        (lambda m: m.pop("versions"), "has or lacks 'versions'"),
        (lambda m: m.update(module="evil"), "has or lacks 'module'"),
        (lambda m: m["parameters"].pop("l2"), "lacks hyperparameter 'l2' of ease"),
        (lambda m: m["parameters"].update(items_=3), "has the unknown hyperparameter 'items_'"),
        (lambda m: m["parameters"].update(l2=-1), "hyperparameters that ease refuses: l2 of EASE"),
        (lambda m: m["parameters"].update(l2="much"), "hyperparameters that ease refuses"),
        (lambda m: m["parameters"].update(l2={"a": 1}), "has a member that is no model"),
        (lambda m: m["state"].pop("weights_"), "lacks field 'weights_'"),
        (
            lambda m: m["state"].update(_score={"kind": "value", "value": 1}),
            "has the unknown field '_score'",
        ),
        (lambda m: m["state"].update(items_={"kind": "pickle"}), "has field 'items_' as"),
        (
            lambda m: m["state"].update(weights_={"kind": "array", "file": "../../etc/passwd"}),
            "has field 'weights_' as",
        ),
        (lambda m: m["state"].update(weights_="array"), "has a field without a kind"),
        (lambda m: m["files"].update({"../evil.npy": "00"}), r"lists '\.\./evil\.npy' wrongly"),
        (lambda m: m["files"].pop("weights_.npy"), r"lacks 'weights_\.npy'"),
        (lambda m: m["files"].update({"weights_.npy": "00"}), r"weights_\.npy is damaged"),
    ],
)
def test_a_forged_manifest_is_refused(
    change: Callable[[dict[str, Any]], None], message: str, folder: Path
) -> None:
    saved(fitted("ease", ragged()), folder)
    forge(folder, change)
    with pytest.raises(SavedModelError, match=message):
        load(folder)


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b"\xff\xfe", b"null", b"0" * 100_000, b'{"format": true}']
)
def test_a_manifest_that_is_none_is_refused(content: bytes, folder: Path) -> None:
    place = saved(fitted("ease", ragged()), folder)
    (place / "manifest.json").write_bytes(content)
    reseal(folder)
    with pytest.raises(SavedModelError, match=r"manifest\.json"):
        load(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"../../elsewhere " + b"0" * 64 + b"\n", b"version-000001 " + b"0" * 63, b"\xff"],
)
def test_a_pointer_that_points_elsewhere_is_refused(content: bytes, folder: Path) -> None:
    saved(fitted("ease", ragged()), folder)
    (folder / "CURRENT").write_bytes(content)
    with pytest.raises(SavedModelError, match="CURRENT is damaged"):
        load(folder)
    saved(fitted("ease", ragged()), folder)
    load(folder)


def test_an_array_of_objects_is_refused_even_with_a_checksum_that_fits(folder: Path) -> None:
    saved(fitted("ease", ragged()), folder)
    bomb = npy(np.array([Popularity, {}], dtype=object))
    replace_array(folder, "weights_.npy", bomb)
    with pytest.raises(SavedModelError, match=r"weights_\.npy is no plain array .*[Oo]bject"):
        load(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 an archive",
        npy(np.zeros((3, 3), "f4"))[:-4],
        npy(np.zeros(3, [("a", "f4")])),
        npy(np.zeros(3, "M8[s]")),
    ],
)
def test_what_is_no_plain_array_is_refused_even_with_a_checksum_that_fits(
    content: bytes, folder: Path
) -> None:
    saved(fitted("ease", ragged()), folder)
    replace_array(folder, "weights_.npy", content)
    with pytest.raises(SavedModelError, match=r"weights_\.npy"):
        load(folder)


def test_ids_that_repeat_are_refused_even_with_a_checksum_that_fits(folder: Path) -> None:
    saved(fitted("ease", ragged()), folder)
    replace_array(folder, "items_.npy", npy(np.zeros(24, np.int64)))
    with pytest.raises(SavedModelError, match="items_ does not hold a field of EASE: 23 id"):
        load(folder)


def test_indices_that_point_outside_are_refused_even_with_a_checksum_that_fits(
    folder: Path,
) -> None:
    saved(fitted("content", ragged()), folder)
    indices = np.load(version(folder) / "vectors_.indices.npy")
    indices[-1] = 1 << 30
    replace_array(folder, "vectors_.indices.npy", npy(indices))
    with pytest.raises(SavedModelError, match="vectors_ does not hold a field of Content"):
        load(folder)


def test_a_damaged_member_of_a_blend_is_named(folder: Path) -> None:
    place = saved(fitted("blend", ragged()), folder)
    weights = place / "members_.0" / "weights_.npy"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(SavedModelError, match=r"members_\.0/weights_\.npy is damaged"):
        load(folder)


def test_a_member_that_is_a_link_to_nowhere_is_missing(folder: Path) -> None:
    place = saved(fitted("ease", ragged()), folder)
    (place / "weights_.npy").unlink()
    (place / "weights_.npy").symlink_to(folder / "nowhere")
    with pytest.raises(SavedModelError, match=r"weights_\.npy is missing"):
        load(folder)


def test_an_empty_or_absent_folder_holds_no_model(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        for ask in (load, describe):
            with pytest.raises(SavedModelError, match="holds no saved model; fit one and save"):
                ask(folder)


def test_a_model_is_fitted_before_it_is_saved(folder: Path) -> None:
    with pytest.raises(NotFittedError, match="Popularity is not fitted"):
        saved(Popularity(), folder)
    assert not folder.exists()


def test_a_model_that_nobody_could_load_is_not_saved(folder: Path) -> None:
    @dataclasses.dataclass(kw_only=True, eq=False)
    class Own(Popularity):
        pass

    saved(fitted("popularity", ragged()), folder)
    with pytest.raises(SavedModelError, match="Own cannot be saved because it is not in ALGO"):
        saved(Own().fit(ragged()), folder)
    assert isinstance(load(folder), Popularity)
    assert len(list(folder.glob("version-*"))) == 1


def test_the_manifest_says_what_was_saved_from_what_with_what(folder: Path) -> None:
    model = fitted(build("ease", l2=3.25), ragged())
    save(
        model,
        folder,
        data_fingerprint="cafe",
        metrics={"ndcg": np.float32(0.5)},  # type: ignore[dict-item]  # evaluation counts in NumPy
        created_at="2026-05-04T03:02:01+00:00",
    )
    manifest = describe(folder)
    assert manifest.model == "ease"
    assert manifest.parameters == {"l2": 3.25, "liked_from": 0.0}
    assert manifest.data_fingerprint == "cafe"
    assert manifest.metrics == {"ndcg": 0.5}
    assert manifest.created_at == "2026-05-04T03:02:01+00:00"
    assert manifest.versions.keys() == {"marquee", "python", "numpy", "scipy", "polars"}
    assert manifest.versions["numpy"] == np.__version__
    assert manifest.files.keys() == {"items_.npy", "liked_items_.npy", "weights_.npy"}


def test_a_new_model_takes_the_place_of_the_old_and_one_old_version_stays(folder: Path) -> None:
    for l2 in (1.0, 2.0, 3.0, 4.0):
        saved(fitted(build("ease", l2=l2), ragged()), folder)
        assert load(folder).params()["l2"] == l2
    assert len(list(folder.glob("version-*"))) == 2


def test_what_a_killed_save_left_is_cleared_by_the_next(folder: Path) -> None:
    saved(fitted("popularity", ragged()), folder)
    half = folder / "version-000002"
    half.mkdir()
    (half / "share_.npy").write_bytes(b"half")
    assert isinstance(load(folder), Popularity)
    saved(fitted("ease", ragged()), folder)
    assert load(folder).params() == build("ease").params()


def test_two_processes_do_not_write_at_once(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "marquee.lifecycle.versions.FileLock", lambda path, **_: FileLock(path, timeout=0.01)
    )
    saved(fitted("popularity", ragged()), folder)
    with (
        FileLock(folder / ".lock"),
        pytest.raises(SavedModelError, match="is being written by another process; try again"),
    ):
        saved(fitted("popularity", ragged()), folder)
    assert isinstance(load(folder), Popularity)


KILLED = """
import os, shutil, sys
from pathlib import Path
from kill_kit import in_child, kill_before
from marquee.lifecycle import saving
from marquee.models.ease import EASE
from recommender_kit import ragged

home = Path(sys.argv[1])
old, new = EASE(l2=1.0).fit(ragged()), EASE(l2=2.0).fit(ragged())
steps = [(os, "fsync"), (os, "mkdir"), (shutil, "rmtree"), (Path, "replace")]


def killed_at(step):
    def save():
        kill_before(step, steps)
        saving.save(new, home / str(step), data_fingerprint="new")

    return os.WIFSIGNALED(in_child(save))


step = 1
while True:
    saving.save(old, home / str(step), data_fingerprint="old")
    saving.save(old, home / str(step), data_fingerprint="old")
    if not killed_at(step):
        break
    step += 1
print(step - 1)
"""


@pytest.mark.fault
@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by POSIX signals")
def test_a_kill_at_any_step_leaves_the_old_model_or_the_new(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=tests,
        capture_output=True,
        text=True,
        check=True,
    )
    n_kills = int(done.stdout)
    assert n_kills >= 8
    outcomes = [load(tmp_path / str(step)).params()["l2"] for step in range(1, n_kills + 1)]
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {1.0, 2.0}
    for step in range(1, n_kills + 1):
        saved(fitted(build("ease", l2=3.0), ragged()), tmp_path / str(step))
        assert load(tmp_path / str(step)).params()["l2"] == 3.0


@dataclasses.dataclass(kw_only=True, eq=False)
class Layered(Popularity):
    """Learns arrays by name."""

    layers_: dict[str, Any] = dataclasses.field(init=False, repr=False)

    def _fit(self, train: Any) -> None:
        super()._fit(train)
        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        self.layers_ = {"w_1": np.outer(counts, [1, 2]).astype("f4"), "b": counts, "0": np.ones(0)}


@pytest.fixture
def layered(monkeypatch: pytest.MonkeyPatch) -> type[Layered]:
    monkeypatch.setitem(ALGORITHMS, "layered", Layered)
    return Layered


def test_arrays_by_name_come_back_with_their_names_in_order(
    layered: type[Layered], folder: Path
) -> None:
    model = layered().fit(ragged())
    saved(model, folder)
    again = load(folder)
    assert isinstance(again, Layered)
    assert list(again.layers_) == ["w_1", "b", "0"]
    for name, array in model.layers_.items():
        assert again.layers_[name].dtype == array.dtype
        np.testing.assert_array_equal(again.layers_[name], array)
    assert {path.name for path in files_of(version(folder))} >= {
        *("layers_.w_1.npy", "layers_.b.npy", "layers_.0.npy")
    }


def test_no_array_by_any_name_comes_back_as_none(layered: type[Layered], folder: Path) -> None:
    model = layered().fit(ragged())
    model.layers_ = {}
    saved(model, folder)
    again = load(folder)
    assert isinstance(again, Layered)
    assert again.layers_ == {}


@pytest.mark.parametrize("key", ["", "A", "w.1", "../w", "w/1", "w 1", "w\n", "ä", "k" * 101, 3])
def test_arrays_by_a_name_that_is_no_file_name_are_not_saved(
    key: Any, layered: type[Layered], folder: Path
) -> None:
    model = layered().fit(ragged())
    model.layers_ = {key: np.zeros(3)}
    with pytest.raises(SavedModelError, match=r"Layered\.layers_ has the key .*use lower-case"):
        saved(model, folder)
    assert not list(folder.glob("version-*"))


def test_a_dictionary_of_anything_but_arrays_is_not_saved(
    layered: type[Layered], folder: Path
) -> None:
    model = layered().fit(ragged())
    model.layers_ = {"a": np.zeros(3), "b": [1.0, 2.0]}
    with pytest.raises(SavedModelError, match="layers_ is a dict, which cannot be saved"):
        saved(model, folder)
    model.layers_ = {"a": np.array([model], dtype=object)}
    with pytest.raises(SavedModelError, match=r"layers_\.a\.npy would hold object"):
        saved(model, folder)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "arrays"},
        {"kind": "arrays", "keys": "b"},
        {"kind": "arrays", "keys": {"b": 1}},
        {"kind": "arrays", "keys": ["b", "b"]},
        {"kind": "arrays", "keys": ["b", 3]},
        {"kind": "arrays", "keys": ["../../b"]},
        {"kind": "arrays", "keys": ["/etc/passwd"]},
        {"kind": "arrays", "keys": ["b\n"]},
        {"kind": "arrays", "keys": ["b\u0000"]},
        {"kind": "arrays", "keys": ["b"], "file": "c"},
    ],
)
def test_forged_names_of_arrays_are_refused(
    entry: dict[str, Any], layered: type[Layered], folder: Path
) -> None:
    saved(layered().fit(ragged()), folder)
    forge(folder, lambda manifest: manifest["state"].__setitem__("layers_", entry))
    with pytest.raises(SavedModelError, match=r"has field 'layers_' as .*, which cannot be"):
        load(folder)


def test_names_of_arrays_that_are_not_there_are_refused(
    layered: type[Layered], folder: Path
) -> None:
    saved(layered().fit(ragged()), folder)
    entry = {"kind": "arrays", "keys": ["b", "other"]}
    forge(folder, lambda manifest: manifest["state"].__setitem__("layers_", entry))
    with pytest.raises(SavedModelError, match=r"lists 'layers_\.0\.npy' wrongly"):
        load(folder)
