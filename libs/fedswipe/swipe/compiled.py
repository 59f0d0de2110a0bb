from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numpy arrays to machine code at its first call, and keep the code on disk.

    The interpreter's lock is released while it runs. fastmath stays off: reordered additions would make
    the same input give different bits. A compiled function calls compiled functions of its own file only:
    numba looks at no other file's changes before it takes code from disk.
    """
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))
