import numpy as np
import pytest

from fedswipe.swipe.gesture import Gesture

POINTS = np.array([[10, 20, 0], [30, 40, 16]], dtype=np.float32)


@pytest.mark.parametrize(
    "points",
    [
        POINTS[:0],
        POINTS[:, :2],
        POINTS[0],
        POINTS.astype(np.float64),
        np.full_like(POINTS, np.nan),
        np.full_like(POINTS, np.inf),
    ],
)
def test_points_of_a_wrong_shape_type_or_value_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="points"):
        Gesture(points, 360.0, 215.0)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_keyboard_without_a_size_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match="width"):
        Gesture(POINTS, size, 215.0)
    with pytest.raises(ValueError, match="height"):
        Gesture(POINTS, 360.0, size)
