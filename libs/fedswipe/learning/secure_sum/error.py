"""Why a secure sum cannot go on."""

from fedswipe.errors import FedswipeError


class SecureSumError(FedswipeError):
    """Too few clients are left, or a message is not what its round allows. Begin again."""
