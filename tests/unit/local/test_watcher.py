import io

from fedswipe.local.leash import LABEL, Leash
from fedswipe.local.watcher import watch

ENGINE = "unix:///engine.sock"
HELD = f"label {LABEL}=1 {ENGINE}\n"


def removed(lines: str, late_seconds: float = 0.0) -> list[tuple[str, str]]:
    """Return what the watcher removes when its input is these lines and then ends."""
    found: list[tuple[str, str]] = []
    watch(io.StringIO(lines), lambda engine, label: found.append((engine, label)), late_seconds)
    return found


def test_what_carries_a_label_is_removed_when_the_owner_ends() -> None:
    assert removed(HELD + HELD) == [(ENGINE, f"{LABEL}=1")]


def test_after_a_release_nothing_is_removed() -> None:
    assert removed(f"{HELD}release\n") == []


def test_what_an_engine_still_makes_for_a_killed_owner_is_removed_too() -> None:
    assert len(removed(HELD, late_seconds=0.1)) > 1
    assert len(removed(f"{HELD}leave\n", late_seconds=60.0)) == 1


def test_each_leash_has_a_label_of_its_own() -> None:
    with Leash() as one, Leash() as other:
        assert one.hold_labelled(ENGINE) == one.hold_labelled(ENGINE) != other.hold_labelled(ENGINE)
        one.release()
        other.release()
