"""The settings that services with HTTP share, declared once; each is a field's default."""

from fedswipe.environment import setting


def host_setting() -> str:
    """Declare the address."""
    return setting("HTTP_HOST", "the address that HTTP listens on", "127.0.0.1")


def port_setting(default: int) -> int:
    """Declare the port."""
    return setting("HTTP_PORT", "the port that HTTP listens on", default, least=1, most=65535)


def gesture_width_setting(env: str, most: float | None = None) -> float:
    """Declare the width in pixels of a keyboard whose swipes do not say it."""
    meaning = "keyboard width in pixels of swipes in the gesture_id shape"
    return setting(env, meaning, 360.0, least=1.0, most=most)


def gesture_height_setting(env: str, most: float | None = None) -> float:
    """Declare the height in pixels of a keyboard whose swipes do not say it."""
    meaning = "keyboard height in pixels of swipes in the gesture_id shape"
    return setting(env, meaning, 216.0, least=1.0, most=most)
