"""Secure sums need the extra of this name; what tests it is left out where it is not installed."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("cryptography") else ["test_*.py"]
