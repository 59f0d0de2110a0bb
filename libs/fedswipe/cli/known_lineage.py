from fedswipe.errors import FedswipeError
from fedswipe.topology import Lineage, lineage


def known_lineage(model: str, option: str = "--model") -> Lineage:
    """Return the lineage that an option names; FedswipeError names those there are."""
    try:
        return lineage(model)
    except KeyError as error:
        raise FedswipeError(f"{option} {error.args[0]}") from error
