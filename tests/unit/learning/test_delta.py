import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaCodec
from fedswipe.learning.delta import decode_delta, encode_delta

HALF_LARGEST = 65504.0
any_float = st.floats(width=32, allow_nan=False, allow_infinity=False)
half_float = st.floats(-HALF_LARGEST, HALF_LARGEST, width=32)


@given(arrays(np.float32, st.integers(0, 50), elements=any_float))
def test_fp32_comes_back_bit_for_bit(flat: NDArray[np.float32]) -> None:
    payload = encode_delta(flat, DeltaCodec.FP32)
    assert decode_delta(payload, DeltaCodec.FP32, len(flat)).tobytes() == flat.tobytes()


@given(arrays(np.float32, st.integers(0, 50), elements=half_float))
def test_fp16_comes_back_within_half_a_step(flat: NDArray[np.float32]) -> None:
    back = decode_delta(encode_delta(flat, DeltaCodec.FP16), DeltaCodec.FP16, len(flat))
    np.testing.assert_allclose(back, flat, rtol=2.0**-11, atol=2.0**-25)


@given(
    arrays(
        np.float16, st.integers(0, 50), elements=st.floats(width=16, allow_nan=False, allow_infinity=False)
    )
)
def test_what_fp16_has_comes_back_bit_for_bit(coded: NDArray[np.float16]) -> None:
    payload = coded.astype("<f2").tobytes()
    assert encode_delta(decode_delta(payload, DeltaCodec.FP16, len(coded)), DeltaCodec.FP16) == payload


@given(st.binary(max_size=64), st.sampled_from(DeltaCodec), st.integers(0, 40))
def test_any_payload_is_a_vector_or_misshapen(payload: bytes, codec: DeltaCodec, size: int) -> None:
    width = {DeltaCodec.FP32: 4, DeltaCodec.FP16: 2}[codec]
    if len(payload) == width * size:
        assert decode_delta(payload, codec, size).shape == (size,)
    else:
        with pytest.raises(InvalidMessage) as refused:
            decode_delta(payload, codec, size)
        assert refused.value.reason == "misshapen"


def test_the_bytes_are_little_endian() -> None:
    assert encode_delta(np.array([1.0], np.float32), DeltaCodec.FP16) == b"\x00\x3c"
    assert encode_delta(np.array([1.0], np.float32), DeltaCodec.FP32) == b"\x00\x00\x80\x3f"


@pytest.mark.parametrize("value", [65520.0, -65520.0, 3e38])
def test_what_fp16_cannot_hold_is_refused_and_never_infinite(value: float) -> None:
    with pytest.raises(InvalidMessage, match="overflow"):
        encode_delta(np.array([0.0, value], np.float32), DeltaCodec.FP16)


@pytest.mark.parametrize("codec", DeltaCodec)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(codec: DeltaCodec, value: float) -> None:
    with pytest.raises(InvalidMessage, match="not_finite"):
        encode_delta(np.array([value], np.float32), codec)
