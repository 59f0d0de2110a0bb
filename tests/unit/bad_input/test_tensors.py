"""Models, states and deltas that somebody else made: the documented error and no other, in bounded memory.

FEDSWIPE_RUNS sets how many inputs are tried.
"""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import DeltaCodec
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta, encode_delta
from fedswipe.learning.optimizer import state_from_bytes, state_to_bytes, weights_from_bytes
from fedswipe.learning.weights import WeightsError, from_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.bad_input import MB, flipped, memory_below

tried = settings.get_profile("decoders")


class TinyArchitecture(Architecture):
    network_shapes = {"weight": (2,)}  # type: ignore[assignment]  # noqa: RUF012  (a constant here)


TINY = TinyArchitecture(load_layout("qwerty-en"))


def tensors(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(dtype: str, shape: list[int], end: int) -> dict[str, Any]:
    return {"weight": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


BROKEN_TENSORS = [
    b"",
    tensors(b"{}", length=2**63),
    tensors(b"{}", length=2**40),
    tensors({}),
    tensors([1]),
    tensors(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    tensors(tensor("F32", [2**40], 4), b"abcd"),
    tensors(tensor("F32", [0, 2**62], 0)),
    tensors(tensor("F32", [2**62, 4], 0)),
    tensors(tensor("BF16", [2], 4), b"abcd"),
    tensors(tensor("F32", [1] * 70, 4), b"abcd"),
    tensors(tensor("C64", [1], 8), b"abcdefgh"),
    tensors({f"{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(500)}),
]


@pytest.mark.parametrize("data", BROKEN_TENSORS, ids=range(len(BROKEN_TENSORS)))
def test_what_is_no_model_and_no_state_is_refused_within_bounds(data: bytes) -> None:
    with memory_below(30 * len(data) + MB):
        with pytest.raises(WeightsError):
            from_bytes(data, TINY)
        with pytest.raises(FedswipeError):
            weights_from_bytes(data, TINY)
        if data != tensors({}):  # which is the state of an optimiser that remembers nothing
            with pytest.raises(FedswipeError):
                state_from_bytes(data)


WHOLE_STATE = state_to_bytes({"m": np.arange(3.0), "v": np.ones(3)})
HEADERS = st.dictionaries(
    st.sampled_from(["weight", "m", "__metadata__"]),
    st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F32", "F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "U64", "X"]),
            "shape": st.lists(st.integers(-1, 2**62), max_size=4),
            "data_offsets": st.lists(st.integers(0, 2**62) | st.integers(0, 16), min_size=2, max_size=2),
        }
    ),
)


@tried
@given(
    st.one_of(st.binary(max_size=80), st.builds(tensors, HEADERS, st.binary(max_size=16)), st.none()),
    st.data(),
)
def test_any_bytes_are_a_model_a_state_or_refused(data: bytes | None, draw: st.DataObject) -> None:
    if data is None:
        data = flipped(WHOLE_STATE, lambda low, high: draw.draw(st.integers(low, high)))
    attempts: list[tuple[Callable[[bytes], object], type[Exception]]] = [
        (lambda found: from_bytes(found, TINY), WeightsError),
        (lambda found: weights_from_bytes(found, TINY), FedswipeError),
        (state_from_bytes, FedswipeError),
    ]
    for read, error in attempts:
        try:
            read(data)
        except error:
            continue


@tried
@given(st.binary(max_size=64), st.sampled_from(list(DeltaCodec)), st.lists(st.integers(1, 2**40), min_size=1))
def test_a_delta_is_of_the_size_it_should_have_or_refused(
    data: bytes, how: DeltaCodec, sizes: list[int]
) -> None:
    if how is DeltaCodec.TOPK:
        sizes = [size % 1_000 + 1 for size in sizes]  # few bytes may rightly be a large model's delta
    with memory_below(MB):
        try:
            assert decode_delta(data, how, sizes).shape == (sum(sizes),)
        except InvalidMessage:
            return


@pytest.mark.parametrize("how", DeltaCodec)
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_delta_takes_the_memory_of_a_few_models_at_most(how: DeltaCodec, share: float) -> None:
    sizes = [70_000, 1, 29_999]
    flat = np.random.default_rng(0).standard_normal(sum(sizes)).astype(np.float32)
    data = encode_delta(flat, how, sizes, share)
    with memory_below(6 * flat.nbytes):
        decode_delta(data, how, sizes)


def test_a_sparse_delta_that_claims_more_than_it_holds_costs_nothing() -> None:
    scales = struct.pack("<f", 1.0)
    with memory_below(MB):
        for claimed in (1, 2**20, 2**31, 2**32 - 1):
            for rest in (b"", b"\xff" * 64):
                with pytest.raises(InvalidMessage, match="misshapen"):
                    decode_delta(struct.pack("<I", claimed) + scales + rest, DeltaCodec.TOPK, [2**30])
