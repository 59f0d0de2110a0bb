import pytest

from fedswipe.errors import FedswipeError
from fedswipe.topology import AGGREGATORS, LINEAGES
from services.aggregator.settings import Settings


def test_an_aggregator_folds_every_lineage_unless_it_is_told_which() -> None:
    assert Settings.from_env({}).lineages() == LINEAGES
    assert Settings.from_env({"AGGREGATOR_MODELS": ""}).lineages() == LINEAGES
    (line,) = Settings.from_env({"AGGREGATOR_MODELS": "swipe-ru"}).lineages()
    assert line.model_id == "swipe-ru"


def test_a_lineage_that_is_not_there_is_refused() -> None:
    with pytest.raises(FedswipeError, match="AGGREGATOR_MODELS: swipe-xx: unknown model; there are swipe-en"):
        Settings.from_env({"AGGREGATOR_MODELS": "swipe-en,swipe-xx"}).lineages()


def test_lineages_share_no_group_or_members_would_take_each_others_partition() -> None:
    assert AGGREGATORS.keys() == {line.model_id for line in LINEAGES}
    assert len({group.name for group in AGGREGATORS.values()}) == len(LINEAGES)
