from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import (
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    ModelId,
    ObjectRef,
    OffsetRange,
    Sha256,
    Version,
)
from fedswipe.learning.delta import LOSSY, decode_delta, encode_delta, least_and_most_bytes, names_content

HALF_LARGEST = 65504.0
SIZES = (5, 1, 8, 3, 1)  # of tensors: two are a single number, and they are odd together
SIZE = sum(SIZES)
WIDTH = {DeltaCodec.FP32: 4.0, DeltaCodec.FP16: 2.0, DeltaCodec.INT8: 1.0, DeltaCodec.INT4: 0.5}
MOST = {DeltaCodec.INT8: 127, DeltaCodec.INT4: 7, DeltaCodec.TOPK: 127}  # whole number
any_float = st.floats(width=32, allow_nan=False, allow_infinity=False)
half_float = st.floats(-HALF_LARGEST, HALF_LARGEST, width=32)
usual = arrays(np.float32, SIZE, elements=st.floats(-8, 8, width=32))
lossy = st.sampled_from(sorted(LOSSY))


def tensors(flat: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return np.split(flat, np.cumsum(SIZES)[:-1])


def sent(flat: NDArray[np.float32], codec: DeltaCodec, share: float = 0.1) -> NDArray[np.float32]:
    return decode_delta(encode_delta(flat, codec, SIZES, share), codec, SIZES)


@given(arrays(np.float32, st.integers(0, 50), elements=any_float))
def test_fp32_comes_back_bit_for_bit(flat: NDArray[np.float32]) -> None:
    payload = encode_delta(flat, DeltaCodec.FP32)
    assert decode_delta(payload, DeltaCodec.FP32, (len(flat),)).tobytes() == flat.tobytes()


@given(arrays(np.float32, st.integers(0, 50), elements=half_float))
def test_fp16_comes_back_within_half_a_step(flat: NDArray[np.float32]) -> None:
    back = decode_delta(encode_delta(flat, DeltaCodec.FP16), DeltaCodec.FP16, (len(flat),))
    np.testing.assert_allclose(back, flat, rtol=2.0**-11, atol=2.0**-25)


@given(
    arrays(
        np.float16, st.integers(0, 50), elements=st.floats(width=16, allow_nan=False, allow_infinity=False)
    )
)
def test_what_fp16_has_comes_back_bit_for_bit(coded: NDArray[np.float16]) -> None:
    payload = coded.astype("<f2").tobytes()
    assert encode_delta(decode_delta(payload, DeltaCodec.FP16, (len(coded),)), DeltaCodec.FP16) == payload


@given(usual, st.sampled_from([DeltaCodec.INT8, DeltaCodec.INT4]))
def test_whole_numbers_are_within_half_a_scale_of_each_tensor(
    flat: NDArray[np.float32], codec: DeltaCodec
) -> None:
    for before, after in zip(tensors(flat), tensors(sent(flat, codec)), strict=True):
        half = np.abs(before).max() / MOST[codec] / 2
        assert np.all(np.abs(after - before) <= half * (1 + 2.0**-15) + 2.0**-94)


@given(usual, st.sampled_from([0.001, 0.1, 0.5, 1.0]))
def test_top_k_sends_the_farthest_and_every_single_number(flat: NDArray[np.float32], share: float) -> None:
    back = sent(flat, DeltaCodec.TOPK, share)
    wanted = int(np.ceil(share * SIZE))
    alone = np.repeat(SIZES, SIZES) == 1
    order = [at for at in np.argsort(-np.abs(flat), kind="stable") if not alone[at]]
    kept = np.union1d(order[:wanted], np.flatnonzero(alone))
    assert set(np.flatnonzero(back)) <= set(kept)
    expected = np.zeros(SIZE, np.float32)
    expected[kept] = sent(flat, DeltaCodec.INT8)[kept]
    assert back.tobytes() == expected.tobytes()


@given(usual, lossy, st.sampled_from([0.1, 0.5]))
def test_what_was_decoded_is_encoded_as_it_was(
    flat: NDArray[np.float32], codec: DeltaCodec, share: float
) -> None:
    payload = encode_delta(flat, codec, SIZES, share)
    assert encode_delta(decode_delta(payload, codec, SIZES), codec, SIZES, share) == payload


@given(usual, lossy)
def test_decoding_rounds_nothing(flat: NDArray[np.float32], codec: DeltaCodec) -> None:
    """A float32 product in any order or precision is the same: each is a whole number of few digits."""
    for tensor in tensors(sent(flat, codec)):
        scale = np.abs(tensor).max().astype(np.float64) / MOST[codec]
        if scale:
            assert np.ldexp(np.frexp(scale)[0], 17) % 1 == 0, "a scale has 17 digits"
            assert np.all(tensor.astype(np.float64) / scale % 1 == 0)


def test_numbers_at_either_end_of_float32_are_scaled_or_refused() -> None:
    for codec in LOSSY:
        tiny = np.full(SIZE, 1e-38, np.float32)
        assert not sent(tiny, codec).any()
        large = np.full(SIZE, 2.0**100, np.float32)
        np.testing.assert_allclose(sent(large, codec, 1.0), large, rtol=2.0**-15)
        with pytest.raises(InvalidMessage, match="overflow"):
            encode_delta(np.full(SIZE, 3e38, np.float32), codec, SIZES)


def test_a_real_models_delta_is_as_small_as_promised() -> None:
    sizes = (96, 200_000, 1, 55_671, 1, 1, 1)
    flat = np.random.default_rng(0).standard_normal(sum(sizes)).astype(np.float32)
    lengths = {codec: len(encode_delta(flat, codec, sizes)) for codec in DeltaCodec}
    assert lengths[DeltaCodec.FP32] == 1_023_084
    assert lengths[DeltaCodec.FP16] == 511_542
    assert lengths[DeltaCodec.INT8] == 255_771 + 4 * len(sizes)
    assert lengths[DeltaCodec.INT4] == 127_886 + 4 * len(sizes)
    assert lengths[DeltaCodec.TOPK] < 43_000


def test_the_sizes_of_another_vector_are_refused() -> None:
    for codec in LOSSY:
        with pytest.raises(ValueError, match="sizes"):
            encode_delta(np.zeros(3, np.float32), codec, (2,))


@given(st.binary(max_size=99), st.sampled_from(DeltaCodec))
def test_any_payload_is_a_vector_or_misshapen(payload: bytes, codec: DeltaCodec) -> None:
    least, most = least_and_most_bytes(codec, SIZES)
    try:
        values = decode_delta(payload, codec, SIZES)
    except InvalidMessage as refused:
        assert refused.reason == "misshapen"  # noqa: PT017  (other payloads are no error)
    else:
        assert values.shape == (SIZE,)
        assert least <= len(payload) <= most


@given(usual, lossy, st.data())
def test_a_changed_payload_is_a_vector_of_finite_numbers_or_misshapen(
    flat: NDArray[np.float32], codec: DeltaCodec, data: st.DataObject
) -> None:
    payload = bytearray(encode_delta(flat, codec, SIZES, 0.5))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        values = decode_delta(bytes(payload), codec, SIZES)
    except InvalidMessage as refused:
        assert refused.reason == "misshapen"  # noqa: PT017  (other payloads are no error)
    else:
        assert np.isfinite(values).all()
        assert values.shape == (SIZE,)


@pytest.mark.parametrize("codec", sorted(LOSSY))
@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0, -0.0, 1e-38, 2.0**101, 1 + 2.0**-17])
def test_a_scale_that_could_round_or_overflow_is_refused(codec: DeltaCodec, scale: float) -> None:
    payload = bytearray(encode_delta(np.ones(SIZE, np.float32), codec, SIZES))
    at = 4 if codec is DeltaCodec.TOPK else 0
    payload[at : at + 4] = np.array(scale, "<f4").tobytes()
    with pytest.raises(InvalidMessage, match=r"misshapen: payload: a scale .* write it by"):
        decode_delta(bytes(payload), codec, SIZES)


def test_bits_behind_the_last_number_are_refused() -> None:
    payload = bytearray(encode_delta(np.ones(3, np.float32), DeltaCodec.INT4, (3,)))
    payload[-1] |= 0x10
    with pytest.raises(InvalidMessage, match=r"misshapen: .* behind the last"):
        decode_delta(bytes(payload), DeltaCodec.INT4, (3,))


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (DeltaCodec.FP16, "003c00c0"),
        (DeltaCodec.FP32, "0000803f000000c0"),
        (DeltaCodec.INT8, "8002813c3f81"),  # one scale; 63, -127
        (DeltaCodec.INT4, "8049923e93"),  # 3 in the lower half, -7 in the upper one
        (DeltaCodec.TOPK, "020000008002813c3f8105"),  # two; scale; 63, -127; positions
    ],
)
def test_the_bytes_are_these_on_every_machine(codec: DeltaCodec, data: str) -> None:
    assert encode_delta(np.array([1.0, -2.0], np.float32), codec, (2,), 1.0).hex() == data


@pytest.mark.parametrize("value", [65520.0, -65520.0, 3e38])
def test_what_fp16_cannot_hold_is_refused_and_never_infinite(value: float) -> None:
    with pytest.raises(InvalidMessage, match="overflow"):
        encode_delta(np.array([0.0, value], np.float32), DeltaCodec.FP16)


@pytest.mark.parametrize("codec", DeltaCodec)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(codec: DeltaCodec, value: float) -> None:
    with pytest.raises(InvalidMessage, match="not_finite"):
        encode_delta(np.array([value], np.float32), codec, (1,))


@pytest.mark.parametrize("codec", DeltaCodec)
def test_a_stored_delta_has_a_length_that_its_codec_can_have(codec: DeltaCodec) -> None:
    sha = Sha256("ab" * 32)
    delta = DeltaComputed(
        *(DeltaId("1"), ModelId("swipe-en"), Version(1), sha, ClientId("ann"), OffsetRange(0, 0, 1), (0,), 1),
        *(1.0, 0.5, codec, None, ObjectRef(f"swipe-en/deltas/{sha}", sha, 0)),
    )
    assert delta.content is not None
    least, most = least_and_most_bytes(codec, SIZES)
    named = [
        size
        for size in range(most + 9)
        if names_content(replace(delta, content=replace(delta.content, size=size)), SIZES)
    ]
    assert named == list(range(least, most + 1))
    lengths = {
        len(encode_delta(np.linspace(-count, count, SIZE, dtype=np.float32), codec, SIZES, share))
        for count in range(9)
        for share in (0.01, 0.3, 0.6, 1.0)
    }
    assert {*lengths} <= set(named)
    assert most in lengths
