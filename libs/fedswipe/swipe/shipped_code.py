"""Where numba finds machine code that came with an image, in a folder that nobody may write to."""

from numba.core.caching import UserProvidedCacheLocator


class ShippedCode(UserProvidedCacheLocator):
    """Takes code from NUMBA_CACHE_DIR (variable NUMBA_CACHE_LOCATOR_CLASSES names this class).

    Numba's own locator passes over a folder that it cannot write to. Code that is missing there is compiled,
    and keeping it fails with an OSError: the image was built wrong, and says so at its start.
    """

    def ensure_cache_path(self) -> None:
        """Ask nothing of the folder."""
