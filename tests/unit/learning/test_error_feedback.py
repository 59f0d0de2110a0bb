import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaCodec
from fedswipe.learning.delta import LOSSY, decode_delta, encode_delta
from fedswipe.learning.error_feedback import ErrorFeedback

SIZES = (6, 1, 9)
SIZE = sum(SIZES)
weighted = st.lists(
    st.tuples(arrays(np.float32, SIZE, elements=st.floats(-4, 4, width=32)), st.integers(1, 100)), max_size=6
)


@given(weighted, st.sampled_from(sorted(LOSSY)))
def test_what_was_sent_and_what_is_left_are_what_was_given(
    deltas: list[tuple[NDArray[np.float32], int]], codec: DeltaCodec
) -> None:
    feedback, given_, sent = ErrorFeedback(codec, SIZES), np.zeros(SIZE), np.zeros(SIZE)
    for delta, weight in deltas:
        payload = feedback.encode(delta, weight)
        given_ += weight * delta.astype(np.float64)
        sent += weight * decode_delta(payload, codec, SIZES).astype(np.float64)
    np.testing.assert_allclose(sent + feedback.residual, given_, atol=1e-10)


def test_top_k_sends_every_number_in_the_end() -> None:
    feedback = ErrorFeedback(DeltaCodec.TOPK, SIZES)
    delta = np.linspace(0.5, 1.0, SIZE, dtype=np.float32)
    sent = sum(decode_delta(feedback.encode(delta, 3), DeltaCodec.TOPK, SIZES) for _ in range(200))
    np.testing.assert_allclose(sent / 200, delta, rtol=0.15)
    alone = decode_delta(encode_delta(delta, DeltaCodec.TOPK, SIZES), DeltaCodec.TOPK, SIZES)
    assert np.count_nonzero(alone) == 3, "without it most numbers are never sent"


def test_a_client_of_one_example_carries_no_more_than_waits_behind_such_deltas() -> None:
    feedback = ErrorFeedback(DeltaCodec.TOPK, (200,))
    feedback.encode(np.ones(200, np.float32), 100)
    delta = np.full(200, 0.01, np.float32)
    before = feedback.residual.copy()
    sent = decode_delta(feedback.encode(delta, 1), DeltaCodec.TOPK, (200,))
    assert np.linalg.norm(sent) <= 11 * np.linalg.norm(delta)
    assert np.linalg.norm(before) > 1_000 * np.linalg.norm(delta)
    np.testing.assert_allclose(sent + feedback.residual, before + delta, atol=1e-6)


@pytest.mark.parametrize("codec", [DeltaCodec.FP32, DeltaCodec.FP16])
def test_what_loses_next_to_nothing_carries_nothing(codec: DeltaCodec) -> None:
    feedback, delta = ErrorFeedback(codec, SIZES), np.full(SIZE, 0.1, np.float32)
    assert [feedback.encode(delta, 1) for _ in range(3)] == [encode_delta(delta, codec)] * 3
    assert not feedback.residual.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_delta_that_cannot_be_written_leaves_nothing(value: float) -> None:
    feedback = ErrorFeedback(DeltaCodec.INT8, SIZES)
    feedback.encode(np.linspace(0, 1, SIZE, dtype=np.float32), 1)
    before = feedback.residual.copy()
    with pytest.raises(InvalidMessage):
        feedback.encode(np.full(SIZE, value, np.float32), 1)
    assert feedback.residual.tobytes() == before.tobytes()
