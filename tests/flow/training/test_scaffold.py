import numpy as np
import pytest

from fedswipe.training.scaffold import Scaffold

RATE, STEPS = 0.1, 5
# Two clients whose losses |x - optimum|^2 / 2 pull to different places: the drift that SCAFFOLD corrects.
OPTIMA = {"ann": np.array([4.0, 0.0], np.float32), "bob": np.array([0.0, 1.0], np.float32)}
CURVATURES = {"ann": 1.0, "bob": 8.0}


def gradient(name: str, x: np.ndarray) -> np.ndarray:
    return (np.float32(CURVATURES[name]) * (x - OPTIMA[name])).astype(np.float32)


def train(name: str, base: np.ndarray, correction: np.ndarray) -> np.ndarray:
    x = base.copy()
    for _ in range(STEPS):
        x -= np.float32(RATE) * (gradient(name, x) + correction)
    return x - base


def test_it_finds_the_common_optimum_where_plain_averaging_drifts_away() -> None:
    weighed = sum(CURVATURES[name] * OPTIMA[name] for name in OPTIMA)
    best = weighed / sum(CURVATURES.values())
    plain, corrected = np.zeros(2, np.float32), np.zeros(2, np.float32)
    scaffold = Scaffold(2, people=2, learning_rate=RATE)
    for _ in range(200):
        plain += np.mean([train(name, plain, np.zeros(2, np.float32)) for name in OPTIMA], axis=0)
        deltas = {name: train(name, corrected, scaffold.correction(name)) for name in OPTIMA}
        for name, delta in deltas.items():
            scaffold.trained(name, delta, STEPS)
        scaffold.close_round()
        corrected += np.mean(list(deltas.values()), axis=0)
    assert np.linalg.norm(corrected - best) < 1e-3
    assert np.linalg.norm(plain - best) > 0.3


def test_the_servers_control_variate_is_the_mean_of_all_clients() -> None:
    scaffold = Scaffold(2, people=3, learning_rate=RATE)
    random = np.random.default_rng(0)
    for _ in range(3):
        for name in ("ann", "bob"):
            scaffold.trained(name, random.normal(size=2).astype(np.float32), STEPS)
        scaffold.close_round()
    known = sum(scaffold.clients.values(), np.zeros(2, np.float32))
    np.testing.assert_allclose(scaffold.server, known / 3, rtol=1e-4)


def test_a_client_that_was_never_trained_is_corrected_by_the_server_alone() -> None:
    scaffold = Scaffold(2, people=2, learning_rate=RATE)
    scaffold.trained("ann", np.array([1.0, 0.0], np.float32), STEPS)
    scaffold.close_round()
    assert scaffold.correction("bob") == pytest.approx(scaffold.server)
