"""From the tables of a workspace to a saved model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from marquee.data.forgetting import forget
from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.moments import moments_of
from marquee.data.tables import Tables
from marquee.data.vector_store import VectorFolder
from marquee.data.workspace import Workspace, replace_text
from marquee.errors import WorkspaceError
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.lifecycle.saving import save
from marquee.lifecycle.serving import decide, decision, serving
from marquee.models.abilities import PredictsRatings, UsesTitles, UsesViewers
from marquee.models.base import OnEpoch, Recommender
from marquee.models.embeddings import VectorStore, wanted_embeddings, with_embeddings

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore


def catalog_interactions(tables: Tables, *, orders: bool = False) -> Interactions:
    """The ratings as interactions over every title, those that nobody has rated included.

    They have times where every rating has one; with ``orders`` also where a source tells only the
    order of each viewer's history, see :func:`moments_of`.
    """
    titles = IdIndex(tables.titles["title_id"].to_numpy())
    ratings = tables.ratings
    moments = moments_of(ratings) if orders else None
    if moments is None or moments.are_real:
        return Interactions.from_ratings(ratings, item_index=titles)
    return Interactions.from_arrays(
        ratings["viewer_id"].to_numpy(),
        ratings["title_id"].to_numpy(),
        ratings["rating"].to_numpy(),
        moments.times,
        item_index=titles,
    )


def tell(models: Iterable[Recommender], tables: Tables, vectors: VectorStore | None = None) -> None:
    """Gives the titles to those of the models that use titles, and the viewers likewise.

    Embeddings of texts that any of them asks for are looked up in ``vectors`` and kept there.
    """
    eager = list(models)
    if any(isinstance(model, UsesTitles) for model in eager):
        titles = told_titles(eager, tables, vectors)
        for model in eager:
            if isinstance(model, UsesTitles):
                model.use_titles(titles)
    if any(isinstance(model, UsesViewers) for model in eager):
        viewers = viewers_frame(tables)
        for model in eager:
            if isinstance(model, UsesViewers):
                model.use_viewers(viewers)


def told_titles(
    models: Iterable[Recommender], tables: Tables, vectors: VectorStore | None = None
) -> pl.DataFrame:
    """What models may learn of titles, with the embeddings that any of these models asks for."""
    titles = titles_frame(tables)
    for name in wanted_embeddings(models):
        titles = with_embeddings(titles, name, vectors)
    return titles


def fit_workspace(
    workspace: Workspace,
    model: Recommender,
    name: str,
    *,
    predictor: tuple[str, Recommender] | None = None,
    feedback: FeedbackStore | None = None,
    created_at: str | None = None,
    on_epoch: OnEpoch | None = None,
) -> Recommender:
    """The model, fitted on the workspace's ratings and saved there under that name.

    It becomes the workspace's current model once it is saved whole. ``predictor`` is the name and
    model of one that predicts ratings, fitted on the same data for a model that does not. Both are
    told of titles and viewers if they use them.

    Ratings in ``feedback`` count over those of the tables, and those taken back there are left out.
    Viewers who were erased there are first taken out of the tables, so the model is the one that
    would be fitted had they never been.

    Raises
    ------
    WorkspaceError
        If the workspace holds no titles or no ratings.
    """
    forget_erased(workspace, feedback)
    second = None if isinstance(model, PredictsRatings) else predictor
    models = [model] if second is None else [model, second[1]]
    train, fingerprint = _training_data(workspace, models, feedback)
    fitted = {name: model.fit(train, on_epoch=on_epoch)}
    if second is not None:
        fitted[second[0]] = second[1].fit(train)
    keep(
        workspace,
        fitted,
        fingerprint,
        predictor=None if second is None else second[0],
        created_at=created_at,
    )
    return model


def keep(
    workspace: Workspace,
    fitted: Mapping[str, Recommender],
    fingerprint: str,
    *,
    predictor: str | None = None,
    created_at: str | None = None,
) -> None:
    """Saves fitted models under their names; the first becomes the current one of the workspace.

    ``predictor`` names the one of them that predicts ratings for a first that does not.
    """
    for public, each in fitted.items():
        folder = workspace.models / public
        save(each, folder, data_fingerprint=fingerprint, created_at=created_at)
    if predictor is not None:
        replace_text(workspace.models / "PREDICTOR", predictor)
    decide(workspace, decision(workspace, "fit", next(iter(fitted)), at=created_at))


def forget_erased(workspace: Workspace, feedback: FeedbackStore | None) -> int:
    """Takes viewers who were erased out of the tables; how many there are."""
    if feedback is None:
        return 0
    erased = feedback.erased_viewers()
    forget(workspace, erased)
    return len(erased)


def known_now(workspace: Workspace, feedback: FeedbackStore | None) -> tuple[Tables, str]:
    """The tables with the ratings that count now, and the fingerprint of both.

    Ratings in ``feedback`` count over those of the tables, and those taken back there are left out.

    Raises
    ------
    WorkspaceError
        If the workspace holds no titles or no ratings.
    """
    tables, fingerprint = workspace.tables_and_fingerprint()
    if tables.titles.is_empty() or tables.ratings.is_empty():
        raise WorkspaceError(
            f"{workspace.home} holds no ratings to learn from; run `marquee world` or "
            "`marquee data add PATH`"
        )
    if feedback is None:
        return tables, fingerprint
    known, told, mark = said_since(feedback, tables.titles, fingerprint)
    if told.is_empty():
        return tables, mark
    rest = tables.ratings.join(told, on=["viewer_id", "title_id"], how="anti")
    return tables.replace(ratings=pl.concat([rest, known])), mark


def said_since(
    feedback: FeedbackStore, titles: pl.DataFrame, fingerprint: str
) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """What viewers said beyond the tables, and the fingerprint of both together.

    The first frame has their ratings of known titles in the columns of the ratings table; the other
    one the pairs of ``viewer_id`` and ``title_id`` of which the tables' ratings count no more.
    """
    said, unrated = feedback.ratings_frame(), feedback.unrated_frame()
    known = said.join(titles.select("title_id"), on="title_id", how="semi")
    told = pl.concat([known.select("viewer_id", "title_id"), unrated])
    if said.is_empty() and unrated.is_empty():
        return known, told, fingerprint
    rows = known.sort("viewer_id", "title_id").write_csv() + unrated.write_csv()
    return known, told, hashlib.sha256(fingerprint.encode() + rows.encode()).hexdigest()


def text_vectors(workspace: Workspace) -> VectorFolder:
    """Where the workspace keeps the embeddings of texts."""
    return VectorFolder(workspace.home / "embeddings")


def _training_data(
    workspace: Workspace, models: Sequence[Recommender], feedback: FeedbackStore | None
) -> tuple[Interactions, str]:
    """What to fit on, and its fingerprint; models are told of titles and viewers if they use them.

    The tables end here: at 20 million ratings they take a gigabyte that the fit may need.
    """
    tables, fingerprint = known_now(workspace, feedback)
    tell(models, tables, text_vectors(workspace))
    return catalog_interactions(tables), fingerprint


def current_model(workspace: Workspace) -> str:
    """Name of the model that answers: that was fitted last, or promoted since.

    Raises
    ------
    WorkspaceError
        If the workspace has no model.
    """
    return serving(workspace).name


def fitted_models(workspace: Workspace) -> tuple[str, ...]:
    """Names of the models saved in the workspace, ascending."""
    return tuple(sorted(path.parent.name for path in workspace.models.glob("*/CURRENT")))
