"""The size of the network's input: how many steps a gesture has, and how many numbers describe each."""

from fedswipe.swipe.layout import Layout

STEPS = 64
MOTION_CHANNELS = 8


def channels(layout: Layout) -> int:
    """How many numbers describe one step: 8 of position and motion, one a key."""
    return MOTION_CHANNELS + len(layout.alphabet)
