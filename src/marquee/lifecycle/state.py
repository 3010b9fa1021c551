"""A fitted recommender as named arrays and plain values, and back."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.errors import MarqueeError, SavedModelError
from marquee.models import ALGORITHMS
from marquee.models.base import Recommender

Entries = dict[str, dict[str, Any]]
"""For each learned field its ``kind``, and what the kind needs beside its arrays."""

CSR_PARTS = ("data", "indices", "indptr")
PLAIN = "biufU"
"""Kinds of dtype that may be saved: numbers and text."""

KEY = re.compile(r"[a-z0-9_]{1,100}")
"""What a key of a dictionary of arrays may be, since it becomes a part of a file name."""


class Packed(NamedTuple):
    """What a fitted model learned."""

    entries: Entries
    arrays: dict[str, NDArray[Any]]
    """Arrays by file name."""
    members: dict[str, Recommender]
    """Fitted members by folder name."""


def name_of(model: Recommender) -> str:
    """The public name of the model's algorithm; ``SavedModelError`` if it has none."""
    for name, algorithm in ALGORITHMS.items():
        if type(model) is algorithm:
            return name
    raise SavedModelError(
        f"{type(model).__name__} cannot be saved because it is not in ALGORITHMS; enter it there"
    )


def encoded_params(model: Recommender) -> dict[str, Any]:
    """The hyperparameters as JSON knows them; members are name and hyperparameters."""
    return {name: _encoded(value, name) for name, value in model.params().items()}


def _encoded(value: Any, name: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_encoded(item, name) for item in value]
    if isinstance(value, Recommender):
        return {"model": name_of(value), "parameters": encoded_params(value)}
    raise SavedModelError(f"hyperparameter {name} = {value!r} cannot be saved; use a plain value")


def unfitted(name: str, parameters: dict[str, Any], origin: Path) -> Recommender:
    """An unfitted model of that public name; ``SavedModelError`` names the file it came from."""
    if name not in ALGORITHMS:
        known = ", ".join(sorted(ALGORITHMS))
        raise SavedModelError(f"{origin} names the unknown model {name!r}; known are {known}")
    algorithm = ALGORITHMS[name]
    declared = {f.name for f in dataclasses.fields(algorithm) if f.init}
    for odd in sorted(declared ^ parameters.keys()):
        have = "lacks" if odd in declared else "has the unknown"
        raise SavedModelError(
            f"{origin} {have} hyperparameter {odd!r} of {name}; fit and save the model again"
        )
    try:
        return algorithm(**{key: _decoded(value, origin) for key, value in parameters.items()})
    except SavedModelError:
        raise
    except (MarqueeError, TypeError, ValueError) as error:
        raise SavedModelError(
            f"{origin} has hyperparameters that {name} refuses: {error}"
        ) from error


def _decoded(value: Any, origin: Path) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, origin) for item in value)
    if isinstance(value, dict):
        if value.keys() != {"model", "parameters"} or not isinstance(value["parameters"], dict):
            raise SavedModelError(f"{origin} has a member that is no model; save the model again")
        return unfitted(value["model"], value["parameters"], origin)
    return value


def pack(model: Recommender) -> Packed:
    """What the model learned; ``SavedModelError`` for a field of a type that is not provided for.

    An ``IdIndex`` is one array, a sparse matrix three, a dictionary of arrays as many as it has
    keys; numbers are entries.
    """
    packed = Packed({}, {}, {})
    for name in _learned(model):
        value = getattr(model, name)
        if isinstance(value, np.ndarray):
            packed.entries[name] = {"kind": "array"}
            packed.arrays[f"{name}.npy"] = value
        elif isinstance(value, IdIndex):
            packed.entries[name] = {"kind": "ids"}
            packed.arrays[f"{name}.npy"] = value.ids
        elif isinstance(value, csr_array):
            packed.entries[name] = {"kind": "csr", "shape": list(map(int, value.shape))}
            packed.arrays.update((f"{name}.{part}.npy", getattr(value, part)) for part in CSR_PARTS)
        elif isinstance(value, dict) and all(isinstance(v, np.ndarray) for v in value.values()):
            packed.entries[name] = {"kind": "arrays", "keys": list(value)}
            packed.arrays.update(_named_arrays(model, name, value))
        elif isinstance(value, tuple) and all(isinstance(item, Recommender) for item in value):
            packed.entries[name] = {"kind": "models", "count": len(value)}
            packed.members.update((f"{name}.{place}", item) for place, item in enumerate(value))
        elif value is None or isinstance(value, bool | int | float | np.number):
            plain = value.item() if isinstance(value, np.number) else value
            packed.entries[name] = {"kind": "value", "value": plain}
        else:
            raise SavedModelError(
                f"{type(model).__name__}.{name} is a {type(value).__name__}, which cannot be saved"
            )
    for file, array in packed.arrays.items():
        if array.dtype.kind not in PLAIN:
            raise SavedModelError(f"{file} would hold {array.dtype}, which cannot be saved")
    return packed


def _named_arrays(
    model: Recommender, name: str, value: dict[Any, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """The arrays of a dictionary by file name."""
    for key in value:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise SavedModelError(
                f"{type(model).__name__}.{name} has the key {key!r}, which cannot be saved; use "
                "lower-case letters, digits and underscores"
            )
    return {f"{name}.{key}.npy": array for key, array in value.items()}


def expected(model: Recommender, entries: Entries, origin: Path) -> tuple[list[str], list[str]]:
    """Files of arrays and folders of members that the model's own fields ask for.

    Names come from the class, never from the file, so that nothing outside the folder is read; the
    keys of a dictionary of arrays come from the file, and none of them can name another folder.
    """
    declared = _learned(model)
    for odd in sorted(set(declared) ^ entries.keys()):
        have = "lacks" if odd in declared else "has the unknown"
        raise SavedModelError(f"{origin} {have} field {odd!r}; fit and save the model again")
    arrays: list[str] = []
    members: list[str] = []
    for name in declared:
        match entries[name]:
            case {"kind": "array" | "ids", **rest} if not rest:
                arrays.append(f"{name}.npy")
            case {"kind": "csr", "shape": [int(), int()], **rest} if not rest:
                arrays += [f"{name}.{part}.npy" for part in CSR_PARTS]
            case {"kind": "arrays", "keys": [*keys], **rest} if not rest and _are_keys(keys):
                arrays += [f"{name}.{key}.npy" for key in keys]
            case {"kind": "models", "count": int(count), **rest} if not rest and count < 100:
                members += [f"{name}.{place}" for place in range(count)]
            case {"kind": "value", "value": None | bool() | int() | float(), **rest} if not rest:
                pass
            case entry:
                raise SavedModelError(f"{origin} has field {name!r} as {entry}, which cannot be")
    return arrays, members


def _are_keys(keys: list[Any]) -> bool:
    """Whether they are different and each may be a part of a file name."""
    valid = all(isinstance(key, str) and KEY.fullmatch(key) for key in keys)
    return valid and len(set(keys)) == len(keys)


def unpack(
    model: Recommender,
    entries: Entries,
    arrays: dict[str, NDArray[Any]],
    members: dict[str, Recommender],
    origin: Path,
) -> Recommender:
    """The unfitted model with the learned fields set; entries were checked by :func:`expected`."""
    for file, array in arrays.items():
        if array.dtype.kind not in PLAIN:
            raise SavedModelError(f"{origin.parent / file} holds {array.dtype}, which cannot be")
    for name, entry in entries.items():
        try:
            setattr(model, name, _value(name, entry, arrays, members))
        except (MarqueeError, ValueError, TypeError) as error:
            raise SavedModelError(
                f"{origin.parent / name} does not hold a field of {type(model).__name__}: {error}"
            ) from error
    return model


def _value(
    name: str,
    entry: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    members: dict[str, Recommender],
) -> Any:
    match entry["kind"]:
        case "array":
            return arrays[f"{name}.npy"]
        case "ids":
            return IdIndex(arrays[f"{name}.npy"])
        case "csr":
            data, indices, indptr = (arrays[f"{name}.{part}.npy"] for part in CSR_PARTS)
            matrix = csr_array((data, indices, indptr), shape=tuple(entry["shape"]))
            # Compiled code trusts the indices, so none may point outside.
            matrix.check_format(full_check=True)
            return matrix
        case "arrays":
            return {key: arrays[f"{name}.{key}.npy"] for key in entry["keys"]}
        case "models":
            return tuple(members[f"{name}.{place}"] for place in range(entry["count"]))
        case _:
            return entry["value"]


def _learned(model: Recommender) -> list[str]:
    """Names of the learned fields that the class declares."""
    return [f.name for f in dataclasses.fields(model) if not f.init and f.name.endswith("_")]
