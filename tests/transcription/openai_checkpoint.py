"""Make Whisper's own checkpoint from a CTranslate2 model, so that two programs can be compared on the same weights."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]

VERSION = 6
KINDS = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""The type of a variable's numbers, by its code in the file."""

PLACES = {
    "encoder/conv1": ("encoder.conv1",),
    "encoder/conv2": ("encoder.conv2",),
    "encoder/layer_norm": ("encoder.ln_post",),
    "encoder/position_encodings": ("encoder.positional_embedding",),
    "decoder/embeddings": ("decoder.token_embedding",),
    "decoder/layer_norm": ("decoder.ln",),
    "decoder/position_encodings": ("decoder.positional_embedding",),
}
BLOCK_PLACES = {
    "self_attention/layer_norm": ("attn_ln",),
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "self_attention/linear_1": ("attn.out",),
    "attention/layer_norm": ("cross_attn_ln",),
    "attention/linear_0": ("cross_attn.query",),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
    "attention/linear_2": ("cross_attn.out",),
    "ffn/layer_norm": ("mlp_ln",),
    "ffn/linear_0": ("mlp.0",),
    "ffn/linear_1": ("mlp.2",),
}
"""Where weights lie in a layer, and what Whisper calls them.

Several: CTranslate2 has them in one, their rows in this order."""
LEAVES = {"weight": ".weight", "gamma": ".weight", "bias": ".bias", "beta": ".bias", "encodings": ""}


def make_checkpoint(model_bin: Path, target: Path) -> Path:
    """Write the weights of ``model.bin`` to ``target`` (``.pt``) as Whisper loads them. Needs torch."""
    import torch

    variables = read_variables(model_bin)
    state = {name: torch.from_numpy(values.copy()) for name, values in weights(variables).items()}
    torch.save({"dims": dimensions(variables), "model_state_dict": state}, target)
    return target


def read_variables(model_bin: Path) -> dict[str, Values]:
    """All variables of a CTranslate2 model by name; scalars have the shape ().

    Raises:
        ValueError: another kind of file, or one that goes on after its end.
    """
    with model_bin.open("rb") as file:
        if _numbers(file, "I") != (VERSION,) or _text(file) != "WhisperSpec":
            raise ValueError("not a Whisper model in CTranslate2's format 6")
        _revision, count = _numbers(file, "II")
        variables = dict(_variable(file) for _ in range(count))
        for _ in range(*_numbers(file, "I")):
            alias, name = _text(file), _text(file)
            variables[alias] = variables[name]
        if file.read(1):
            raise ValueError("there is more in the file than its variables")
    return variables


def dimensions(variables: dict[str, Values]) -> dict[str, int]:
    """The sizes Whisper builds the model from."""
    audio_ctx, audio_state = variables["encoder/position_encodings/encodings"].shape
    text_ctx, text_state = variables["decoder/position_encodings/encodings"].shape
    return {
        "n_mels": variables["encoder/conv1/weight"].shape[1],
        "n_audio_ctx": audio_ctx,
        "n_audio_state": audio_state,
        "n_audio_head": int(variables["encoder/num_heads"]),
        "n_audio_layer": _layers(variables, "encoder"),
        "n_vocab": variables["decoder/embeddings/weight"].shape[0],
        "n_text_ctx": text_ctx,
        "n_text_state": text_state,
        "n_text_head": int(variables["decoder/num_heads"]),
        "n_text_layer": _layers(variables, "decoder"),
    }


def weights(variables: dict[str, Values]) -> dict[str, Values]:
    """Whisper's names and weights; what CTranslate2 fused is apart again.

    Raises:
        ValueError: there are weights that Whisper has no place for.
    """
    return {
        name: values
        for variable, fused in variables.items()
        if fused.ndim and variable != "decoder/projection/weight"  # the same as the embeddings
        for name, values in _apart(variable, fused)
    }


def _apart(variable: str, fused: Values) -> Iterator[tuple[str, Values]]:
    place, _, leaf = variable.rpartition("/")
    if leaf not in LEAVES:
        raise ValueError(f"not a plain weight: {variable}")
    names = _names(place)
    for name, values in zip(names, np.split(fused, len(names)), strict=True):
        if not name.endswith(".key") or LEAVES[leaf] != ".bias":
            yield name + LEAVES[leaf], values
        elif values.any():  # Whisper's keys have none; CTranslate2 fills up with zeros
            raise ValueError(f"a key with a bias: {variable}")


def _names(place: str) -> tuple[str, ...]:
    if place in PLACES:
        return PLACES[place]
    side, layer, rest = place.split("/", 2)
    number = layer.removeprefix("layer_")
    return tuple(f"{side}.blocks.{number}.{name}" for name in BLOCK_PLACES[rest])


def _layers(variables: dict[str, Values], side: str) -> int:
    return sum(name.startswith(side) and name.endswith("/ffn/linear_0/weight") for name in variables)


def _variable(file: BinaryIO) -> tuple[str, Values]:
    name = _text(file)
    (rank,) = _numbers(file, "B")
    shape = _numbers(file, f"{rank}I")
    kind, size = _numbers(file, "BI")
    return name, np.frombuffer(file.read(size), KINDS[kind]).reshape(shape)


def _numbers(file: BinaryIO, kinds: str) -> tuple[int, ...]:
    return struct.unpack(f"<{kinds}", file.read(struct.calcsize(f"<{kinds}")))


def _text(file: BinaryIO) -> str:
    """A name: its length in two bytes, then as many bytes, the last of them zero."""
    (length,) = _numbers(file, "H")
    return file.read(length)[:-1].decode()
