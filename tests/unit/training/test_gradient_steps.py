import numpy as np
import torch

from fedswipe.training.gradient_steps import Adam, Sgd, clipped

RATE = 0.05


def some_tensors(seed: int) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(3, 4, generator=random), torch.randn(5, generator=random)]


def test_sgd_goes_against_the_gradient() -> None:
    parameters, gradients = some_tensors(0), some_tensors(1)
    expected = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
    Sgd(parameters).step(gradients, RATE)
    for parameter, value in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.numpy(), value.numpy(), rtol=1e-6)


def test_adam_is_the_papers_algorithm_with_decay_apart() -> None:
    parameters = some_tensors(0)
    expected = [p.double().numpy() for p in some_tensors(0)]
    means = [np.zeros_like(p) for p in expected]
    squares = [np.zeros_like(p) for p in expected]
    adam = Adam(parameters, weight_decay=0.1)
    for t in range(1, 6):
        gradients = some_tensors(t)
        adam.step(gradients, RATE)
        for i, g in enumerate(gradient.double().numpy() for gradient in gradients):
            means[i] = 0.9 * means[i] + 0.1 * g
            squares[i] = 0.999 * squares[i] + 0.001 * g**2
            mean, square = means[i] / (1 - 0.9**t), squares[i] / (1 - 0.999**t)
            expected[i] = expected[i] * (1 - RATE * 0.1) - RATE * mean / (np.sqrt(square) + 1e-8)
    for parameter, value in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.numpy(), value, rtol=1e-4, atol=1e-5)


def test_clipping_scales_all_gradients_together() -> None:
    gradients = some_tensors(0)
    norm = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    for kept, gradient in zip(clipped(gradients, 2 * norm), gradients, strict=True):
        np.testing.assert_array_equal(kept.numpy(), gradient.numpy())
    for halved, gradient in zip(clipped(gradients, norm / 2), gradients, strict=True):
        np.testing.assert_allclose(halved.numpy(), gradient.numpy() / 2, rtol=1e-5)
