"""How training moves its parameters: SGD and Adam.

They are written out because torch.optim imports torch's compiler at its first step: seconds and memory that
a client's hundred milliseconds of training never pay back. A gradient may hold the first rows of its
parameter only: the others have finished and stay as they are.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def clipped(gradients: Sequence[Tensor], norm: float) -> list[Tensor]:
    """The gradients, scaled down together if their common L2 norm is over ``norm``."""
    total = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
    scale = (norm / (total + 1e-6)).clamp(max=1)
    return [gradient * scale for gradient in gradients]


class Sgd:
    """Stochastic gradient descent without momentum."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self._parameters = parameters

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float) -> None:
        """Move every parameter against its gradient."""
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter[: len(gradient)].sub_(gradient, alpha=learning_rate)


class Adam:
    """Adam with its paper's constants (Kingma & Ba 2015, arXiv 1412.6980).

    ``weight_decay`` shrinks the parameters apart from the gradient: AdamW (Loshchilov & Hutter 2019, arXiv
    1711.05101). ``means``, ``squares`` and ``steps`` are its whole state.
    """

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float = 0.0) -> None:
        self._parameters = parameters
        self._weight_decay = weight_decay
        self.means = [torch.zeros_like(parameter) for parameter in parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in parameters]
        self.steps = 0

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float) -> None:
        """Move every parameter by its mean gradient over the gradients' root mean square."""
        self.steps += 1
        rate = learning_rate / (1 - self.BETA1**self.steps)
        correction = (1 - self.BETA2**self.steps) ** 0.5
        moments = zip(self._parameters, gradients, self.means, self.squares, strict=True)
        for whole, gradient, whole_mean, whole_square in moments:
            rows = slice(len(gradient))
            parameter, mean, square = whole[rows], whole_mean[rows], whole_square[rows]
            mean.lerp_(gradient, 1 - self.BETA1)
            square.mul_(self.BETA2).addcmul_(gradient, gradient, value=1 - self.BETA2)
            parameter.mul_(1 - learning_rate * self._weight_decay)
            parameter.addcdiv_(mean, square.sqrt().div_(correction).add_(self.EPSILON), value=-rate)


OPTIMIZERS: dict[str, type[Sgd | Adam]] = {"sgd": Sgd, "adam": Adam}
