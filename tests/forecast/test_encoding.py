"""What becomes of feature columns on their way into a matrix."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.errors import NotFittedError, ParameterError, SchemaError
from marquee.forecast.encoding import Encoder


def asked(**columns: pl.Series | list[object]) -> pl.DataFrame:
    """A frame of those columns, with rows asked about one day each."""
    frame = pl.DataFrame(columns)
    height = frame.height
    days = pl.date_range(pl.date(2001, 1, 1), pl.date(2001, 1, 1) + pl.duration(days=height - 1))
    return frame.insert_column(0, pl.Series("title_id", range(height))).insert_column(
        1, pl.select(days.alias("as_of"))["as_of"]
    )


def columns(encoder: Encoder, features: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """The columns of the matrix by name."""
    matrix = encoder.transform(features)
    return {name: matrix[:, place] for place, name in enumerate(encoder.names_)}


def test_each_kind_becomes_the_columns_that_it_promises() -> None:
    frame = asked(
        budget_usd=[np.e - 1, None, 0.0],
        sequel=[True, None, False],
        certificate=["R", None, "PG"],
        genres=pl.Series([["Drama", "Drama"], None, []], dtype=pl.List(pl.String)),
    )
    encoder = Encoder(min_count=1).fit(frame)
    got = columns(encoder, frame)
    assert list(got) == [
        "budget_usd", "sequel", "certificate = (unknown)", "certificate = PG", "certificate = R",
        "genres = (unknown)", "genres = Drama",
    ]  # fmt: skip
    np.testing.assert_allclose(got["budget_usd"], [1, np.nan, 0])
    np.testing.assert_array_equal(got["sequel"], [1, np.nan, 0])
    np.testing.assert_array_equal(got["certificate = R"], [1, 0, 0])
    np.testing.assert_array_equal(got["certificate = (unknown)"], [0, 1, 0])
    np.testing.assert_array_equal(got["genres = Drama"], [1, 0, 0])
    np.testing.assert_array_equal(got["genres = (unknown)"], [0, 1, 0])
    assert encoder.sources_ == ["budget_usd", "sequel"] + ["certificate"] * 3 + ["genres"] * 2


def test_imputed_numbers_get_the_training_median_and_a_mark() -> None:
    train = asked(runtime_min=[90.0, None, 110.0, 130.0], budget_usd=[1.0, 2.0, 3.0, 4.0])
    later = asked(runtime_min=[None, 95.0], budget_usd=[None, 1.0])
    encoder = Encoder(impute="median", log_money=False).fit(train)
    got = columns(encoder, later)
    assert list(got) == ["runtime_min", "budget_usd", "runtime_min (unknown)"]
    np.testing.assert_array_equal(got["runtime_min"], [110, 95])
    np.testing.assert_array_equal(got["budget_usd"], [2.5, 1])
    np.testing.assert_array_equal(got["runtime_min (unknown)"], [1, 0])


def test_iterative_imputing_reads_an_unknown_number_off_the_others() -> None:
    x = np.linspace(0, 10, 40)
    y = [None if row == 7 else 3 * value + 1 for row, value in enumerate(x)]
    frame = asked(x=x.tolist(), y=y)
    got = columns(Encoder(impute="iterative").fit(frame), frame)
    assert got["y"][7] == pytest.approx(3 * x[7] + 1, abs=0.1)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("minmax", [0, 0.25, 1, 1, 1]),  # 80 to 120, cut there
        ("standard", [-1, -0.5, 1, 3, 5]),  # 100 ± 20, cut at 5 standard deviations
    ],
)
def test_scales_are_learned_on_training_rows_and_cut_far_out(
    scale: str, expected: list[float]
) -> None:
    train = asked(runtime_min=[80.0, 120.0], certificate=["R", "PG"])
    encoder = Encoder(scale=scale, min_count=1).fit(train)  # type: ignore[arg-type]  # parametrized
    later = asked(
        runtime_min=[80.0, 90.0, 120.0, 160.0, 9e9], certificate=["R", "R", "PG", "R", None]
    )
    got = columns(encoder, later)
    np.testing.assert_allclose(got["runtime_min"], expected)
    np.testing.assert_array_equal(got["certificate = R"], [1, 1, 0, 1, 0])


def test_rare_and_new_words_leave_no_trace() -> None:
    train = asked(certificate=["R", "R", "G", None])
    encoder = Encoder(min_count=2).fit(train)
    assert encoder.names_ == ["certificate = R"]
    np.testing.assert_array_equal(
        encoder.transform(asked(certificate=["X", "G", "R"])).T, [[0, 0, 1]]
    )


def test_a_gap_that_no_training_row_had_is_read_as_the_median_and_others_stay_gaps() -> None:
    frame = asked(budget_usd=[1e6, 3e6, 2e7], runtime_min=[90.0, None, 100.0])
    encoder = Encoder().fit(frame)
    assert np.isnan(encoder.transform(frame)[1, 1])
    got = encoder.transform(asked(budget_usd=[None], runtime_min=[None]))
    assert got[0, 0] == pytest.approx(np.log1p(3e6))
    assert np.isnan(got[0, 1])


def test_the_commonest_words_are_kept_ties_by_name() -> None:
    frame = asked(certificate=["b", "c", "a", "c"])
    assert Encoder(min_count=1, max_words=2).fit(frame).words_ == {"certificate": ["c", "a"]}


def test_texts_become_directions_only_when_asked() -> None:
    frame, _ = films(60)
    assert "plot_text" not in Encoder(min_count=2).fit(frame).sources_
    encoder = Encoder(min_count=2, text="tfidf-svd", text_dims=2).fit(frame)
    got = columns(encoder, frame)
    assert encoder.sources_.count("plot_text") == 2
    robots = frame["plot_text"].str.contains("robot").fill_null(False).to_numpy()
    ships = frame["plot_text"].str.contains("ship").fill_null(False).to_numpy()
    assert got["plot_text [0]"][robots].std() < 1e-9
    assert abs(got["plot_text [0]"][robots].mean() - got["plot_text [0]"][ships].mean()) > 0.5


def test_a_topic_is_named_by_its_words_and_found_in_the_texts_about_it_alone() -> None:
    frame, _ = films(60)
    encoder = Encoder(min_count=2, text="topics", text_dims=2).fit(frame)
    got = columns(encoder, frame)
    (of_ships,) = (name for name in got if name.startswith("plot_text") and "ship" in name)
    assert set(of_ships.split(": ")[1].rstrip("]").split()) == {"ship", "ocean", "storm"}
    ships = frame["plot_text"].str.contains("ship").fill_null(False).to_numpy()
    assert got[of_ships][ships].min() > 100 * max(got[of_ships][~ships].max(), 1e-9)
    assert got[of_ships].min() >= 0


def test_a_text_of_stop_words_alone_is_left_out() -> None:
    frame = asked(runtime_min=[1.0, 2.0], plot_text=["the and of", None])
    assert Encoder(text="tfidf-svd", min_count=1).fit(frame).names_ == ["runtime_min"]


@pytest.mark.parametrize("impute", ["median", "iterative"])
@pytest.mark.parametrize("scale", [None, "minmax", "standard"])
def test_an_imputed_matrix_is_finite_whatever_is_unknown(impute: str, scale: str) -> None:
    frame, _ = films(60)
    encoder = Encoder(impute=impute, scale=scale, text="tfidf-svd", min_count=2).fit(frame)  # type: ignore[arg-type]  # parametrized
    unknown = frame.with_columns(
        pl.lit(None).alias(name) for name in frame.columns if name not in ("title_id", "as_of")
    )
    for rows in (frame, unknown, frame.head(1), frame.clear()):
        matrix = encoder.transform(rows)
        assert matrix.shape == (rows.height, len(encoder.names_))
        assert np.isfinite(matrix).all()
    assert len(encoder.names_) == len(encoder.sources_) == len(set(encoder.names_))
    assert "never_known" not in encoder.sources_


def test_infinite_numbers_are_unknown() -> None:
    frame = asked(x=[1.0, np.inf, 3.0, np.nan])
    np.testing.assert_array_equal(
        Encoder().fit(frame).transform(frame)[:, 0], [1, np.nan, 3, np.nan]
    )


def test_what_was_not_asked_does_not_matter() -> None:
    frame, _ = films(60)
    encoder = Encoder(impute="iterative", min_count=2).fit(frame)
    whole = encoder.transform(frame)
    order = np.random.default_rng(1).permutation(frame.height)
    np.testing.assert_array_equal(encoder.transform(frame[order.tolist()]), whole[order])
    shuffled = frame.select(reversed(frame.columns)).with_columns(pl.lit("new").alias("more"))
    np.testing.assert_array_equal(encoder.transform(shuffled), whole)


def test_it_is_a_scikit_learn_transformer() -> None:
    from sklearn.base import clone
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    frame, revenue = films(60)
    pipeline = make_pipeline(Encoder(impute="median", min_count=2), LinearRegression())
    pipeline.fit(frame, np.log(revenue))
    again = clone(pipeline).fit(frame, np.log(revenue))
    np.testing.assert_array_equal(pipeline.predict(frame), again.predict(frame))
    assert list(pipeline[0].get_feature_names_out()) == pipeline[0].names_
    assert clone(Encoder(min_count=3)).get_params()["min_count"] == 3


def test_what_cannot_be_encoded_is_refused_by_name() -> None:
    frame = asked(runtime_min=[1.0, 2.0], certificate=["R", "R"])
    with pytest.raises(NotFittedError):
        Encoder().transform(frame)
    with pytest.raises(ParameterError, match="none of the 1 feature columns"):
        Encoder().fit(asked(runtime_min=[None, None]))
    with pytest.raises(SchemaError, match="released is of type Date"):
        Encoder().fit(frame.with_columns(pl.col("as_of").alias("released")))
    encoder = Encoder(min_count=1).fit(frame)
    with pytest.raises(SchemaError, match="certificate"):
        encoder.transform(frame.drop("certificate"))
    with pytest.raises(SchemaError, match="runtime_min held a number in the fit"):
        encoder.transform(frame.with_columns(pl.lit("long").alias("runtime_min")))
    with pytest.raises(ParameterError, match="impute must be"):
        Encoder(impute="mean").fit(frame)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ParameterError, match="min_count must be"):
        Encoder(min_count=0).fit(frame)
