"""A topic's name stands in topology.py and nowhere else in the code."""

import re
from collections.abc import Mapping
from typing import Any

TOPOLOGY = "libs/fedswipe/topology.py"
TOPIC = re.compile(r"fedswipe\.[a-z-]+\.v\d")


def test_only_the_topology_names_topics(sources: Mapping[str, Any]) -> None:
    assert TOPIC.search(sources[TOPOLOGY].text)
    elsewhere = [path for path, source in sources.items() if path != TOPOLOGY and TOPIC.search(source.text)]
    assert elsewhere == []
