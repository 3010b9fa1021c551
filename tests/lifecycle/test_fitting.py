"""What fitting on a workspace promises: the data it names, the model in force, titles unrated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, WorkspaceError
from marquee.lifecycle.fitting import catalog_interactions, current_model, fit_workspace
from marquee.lifecycle.saving import describe, load
from marquee.models import ALGORITHMS, embeddings
from marquee.models.blend import Blend
from marquee.models.content import Content
from marquee.models.popularity import Popularity


def tables(*rated: int) -> Tables:
    """Four titles, of which one viewer rated some."""
    ids = [3, 1, 4, 2]
    return Tables(
        titles=pl.DataFrame({"title_id": ids, "kind": "film", "name": "Ø", "source": "s"}),
        viewers=pl.DataFrame({"viewer_id": [7], "source_id": "me", "source": "s"}),
        ratings=pl.DataFrame(
            {"viewer_id": 7, "title_id": list(rated), "rating": 3.0, "source": "s"},
            schema_overrides={"title_id": pl.Int64},
        ),
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.write(tables(1, 4))
    return workspace


def test_titles_that_nobody_rated_are_in_the_catalog() -> None:
    train = catalog_interactions(tables(1, 4))
    assert train.items.ids.tolist() == [3, 1, 4, 2]
    assert (train.n_users, len(train)) == (1, 2)


def test_the_model_fitted_last_is_the_one_in_force(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="holds no model; run `marquee fit`"):
        current_model(workspace)
    for name in ("one", "two"):
        fit_workspace(workspace, Popularity(), name)
        assert current_model(workspace) == name
    assert load(workspace.models / "one").items_.ids.tolist() == [3, 1, 4, 2]


def test_a_model_names_the_data_it_saw_and_not_what_was_written_while_it_was_fitted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = workspace.fingerprint()

    fit = Popularity._fit

    def write_and_fit(self: Popularity, train: Interactions) -> None:
        workspace.write(tables(2))
        fit(self, train)

    monkeypatch.setattr(Popularity, "_fit", write_and_fit)
    fit_workspace(workspace, Popularity(), "popularity")
    assert workspace.fingerprint() != seen
    assert describe(workspace.models / "popularity").data_fingerprint == seen


def test_a_fit_that_fails_leaves_the_model_in_force(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit_workspace(workspace, Popularity(), "good")

    def refuse(self: Popularity, train: Interactions) -> None:
        raise ParameterError("no")

    monkeypatch.setattr(Popularity, "_fit", refuse)
    with pytest.raises(ParameterError):
        fit_workspace(workspace, Popularity(), "bad")
    assert current_model(workspace) == "good"
    assert not (workspace.models / "bad").exists()


def test_texts_are_encoded_once_for_all_fits_on_a_workspace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def encode(texts: list[str]) -> NDArray[np.float32]:
        read.extend(texts)
        return np.arange(2 * len(texts), dtype=np.float32).reshape(-1, 2)

    monkeypatch.setattr(embeddings, "sentence_encoder", lambda _name: encode)
    content = Content(embeddings="some")
    for model in (content, Blend(members=(Popularity(), content), weights=(1.0, 1.0))):
        fit_workspace(workspace, model, "reader")
        assert read == ["Ø"], "four titles of one text"
    assert list((workspace.home / "embeddings").iterdir())


@pytest.mark.parametrize("held", [None, Tables(), tables()])
def test_without_ratings_the_way_out_is_told(held: Tables | None, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    if held is not None:
        workspace.write(held)
    with pytest.raises(WorkspaceError, match="run `marquee world` or `marquee data add PATH`"):
        fit_workspace(workspace, Popularity(), "popularity")


class Asking(Popularity):
    """Remembers what it was told before it was fitted."""

    told: tuple[pl.DataFrame, pl.DataFrame] | None = None

    def use_titles(self, texts: pl.DataFrame) -> Asking:
        self.titles = texts
        return self

    def use_viewers(self, viewers: pl.DataFrame) -> Asking:
        self.viewers = viewers
        return self

    def _fit(self, train: Interactions) -> None:
        self.told = (self.titles, self.viewers)
        super()._fit(train)


def test_models_that_ask_are_told_of_titles_and_viewers_the_predictor_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("popularity", "other"):
        monkeypatch.setitem(ALGORITHMS, name, Asking)
    ranker, rater = Asking(), Asking()
    fit_workspace(workspace, ranker, "popularity", predictor=("other", rater))
    for model in (ranker, rater):
        assert model.told is not None
        titles, viewers = model.told
        assert titles.columns == ["title_id", "text", "genres", "year"]
        assert titles["title_id"].to_list() == [1, 2, 3, 4]
        assert viewers.columns == [
            *("viewer_id", "age", "gender", "occupation", "zip_code", "country")
        ]
        assert viewers["viewer_id"].to_list() == [7]
