from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.events import CanaryBy, LinkRef, ModelId, ServingChange, ServingChanged, Sha256, Version
from fedswipe.serving.state import EXPLANATIONS, Canary, Servings, ServingState

EN = ModelId("swipe-en")


def link(version: int, by: str = "0") -> LinkRef:
    return LinkRef(Version(version), Sha256(f"{version:063x}{by}"))


def known(ref: LinkRef) -> bool:
    """The chain has versions 1 to 9."""
    return ref in [link(version) for version in range(1, 10)]


def pin(version: int) -> ServingChanged:
    return ServingChanged(EN, ServingChange.PIN, link(version))


def canary(version: int, stable: int, share: float | None = 0.1) -> ServingChanged:
    return ServingChanged(EN, ServingChange.CANARY, link(version), link(stable), share, CanaryBy.CLIENT)


def ends(change: ServingChange, offset: int | None) -> ServingChanged:
    return ServingChanged(EN, change, canary=offset)


UNPIN = ServingChanged(EN, ServingChange.UNPIN)
PROMOTE, ABORT = ServingChange.PROMOTE, ServingChange.ABORT


def state_after(*events: ServingChanged) -> ServingState:
    """The state after these events at offsets 0, 1, 2, ..., all of which must be accepted."""
    servings = Servings(EN)
    for offset, event in enumerate(events):
        assert servings.add(event, offset, known) is None
    return servings.state


def test_without_an_event_the_head_is_followed() -> None:
    assert state_after() == ServingState(stable=None, pinned=False, canary=None)


def test_a_pin_holds_until_it_is_taken_off() -> None:
    assert state_after(pin(5)) == ServingState(link(5), pinned=True)
    assert state_after(pin(5), pin(6)).stable == link(6)
    assert state_after(pin(5), UNPIN) == ServingState()


def test_a_canary_holds_the_stable_version_that_its_event_names() -> None:
    state = state_after(canary(9, stable=8))
    assert (state.stable, state.pinned) == (link(8), False)
    assert state.canary == Canary(link(9), 0.1, CanaryBy.CLIENT, offset=0)


def test_promoted_the_head_is_followed_again_unless_a_version_was_pinned_before() -> None:
    assert state_after(canary(9, 8), ends(PROMOTE, 0)) == ServingState()
    assert state_after(pin(8), canary(9, 8), ends(PROMOTE, 1)) == ServingState(link(9), pinned=True)


def test_aborted_the_stable_version_stays_pinned() -> None:
    assert state_after(canary(9, 8), ends(ABORT, 0)) == ServingState(link(8), pinned=True)
    assert state_after(pin(8), canary(9, 8), ends(ABORT, 1)) == ServingState(link(8), pinned=True)


def test_a_pin_ends_a_canary_and_another_canary_takes_its_place() -> None:
    assert state_after(canary(9, 8), pin(3)) == ServingState(link(3), pinned=True)
    wider = state_after(canary(9, 8), canary(9, 8, share=0.5))
    assert wider.canary == Canary(link(9), 0.5, CanaryBy.CLIENT, offset=1)
    assert state_after(pin(8), canary(9, 8), canary(7, 8), ends(PROMOTE, 2)).stable == link(7)


@pytest.mark.parametrize(
    ("before", "event", "why"),
    [
        ([], replace(pin(5), model_id=ModelId("swipe-ru")), "other_model"),
        ([], ServingChanged(EN, ServingChange.PIN), "no_link"),
        ([], pin(10), "unknown_version"),
        ([], replace(pin(5), link=link(5, by="f")), "unknown_version"),
        ([], UNPIN, "not_pinned"),
        ([canary(9, 8)], UNPIN, "canary_is_on"),
        ([], ends(PROMOTE, 0), "no_canary"),
        ([], ends(ABORT, None), "no_canary"),
        ([canary(9, 8)], ends(ABORT, None), "other_canary"),
        ([canary(9, 8), ends(ABORT, 0), canary(7, 8)], ends(ABORT, 0), "other_canary"),
        ([], canary(9, 8, share=0.0), "share_out_of_range"),
        ([], canary(9, 8, share=1.1), "share_out_of_range"),
        ([], canary(9, 8, share=float("nan")), "share_out_of_range"),
        ([], canary(9, 8, share=None), "share_out_of_range"),
        ([], replace(canary(9, 8), by=None), "no_rule"),
        ([], canary(9, 9), "same_version"),
        ([], canary(10, 8), "unknown_version"),
        ([], canary(9, 10), "unknown_version"),
        ([], replace(canary(9, 8), stable=None), "no_link"),
        ([pin(7)], canary(9, 8), "other_stable"),
        ([canary(9, 8)], canary(9, 7), "other_stable"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_is_counted(
    before: list[ServingChanged], event: ServingChanged, why: str
) -> None:
    servings = Servings(EN)
    for offset, one in enumerate(before):
        servings.add(one, offset, known)
    state = servings.state
    assert servings.add(event, len(before), known) == why
    assert servings.state == state
    assert (servings.refused, len(servings.accepted)) == (1, len(before))
    assert why in EXPLANATIONS


VERSIONS = st.integers(0, 11)
EVENTS = st.one_of(
    VERSIONS.map(pin),
    st.just(UNPIN),
    st.builds(canary, VERSIONS, VERSIONS, st.sampled_from([0.0, 0.1, 1.0, 2.0])),
    st.builds(ends, st.sampled_from([PROMOTE, ABORT]), st.integers(0, 20)),
)


@given(st.lists(EVENTS, max_size=20))
def test_whatever_is_written_the_state_makes_sense(events: list[ServingChanged]) -> None:
    servings = Servings(EN)
    for offset, event in enumerate(events):
        before = servings.state
        refused = servings.add(event, offset, known) is not None
        assert not refused or servings.state == before
        state = servings.state
        assert state.stable is None or known(state.stable)
        assert (state.stable is None) == (not state.pinned and state.canary is None)
        if state.canary is not None:
            assert known(state.canary.link)
            assert state.canary.link != state.stable
            assert 0 < state.canary.share <= 1
            assert events[state.canary.offset].change is ServingChange.CANARY
    assert len(servings.accepted) + servings.refused == len(events)


@given(st.lists(EVENTS, max_size=20))
def test_equal_prefixes_give_equal_states_also_when_the_chain_has_grown(events: list[ServingChanged]) -> None:
    def longer(ref: LinkRef) -> bool:
        """Versions 10 and 11 were published later: their hashes are not the ones that were made up."""
        return known(ref) or ref in (link(10, by="e"), link(11, by="e"))

    early, late = Servings(EN), Servings(EN)
    for offset, event in enumerate(events):
        assert early.add(event, offset, known) == late.add(event, offset, longer)
    assert early.state == late.state


def took(trial: Canary, names: list[str]) -> set[str]:
    return {name for name in names if trial.takes(name, "predictor-1")}


def test_a_share_of_the_clients_is_taken_always_the_same_and_grows_by_new_ones() -> None:
    names = [f"client-{number}" for number in range(10_000)]
    trial = Canary(link(9), 0.1, CanaryBy.CLIENT, 0)
    few = took(trial, names)
    assert 850 < len(few) < 1_150
    assert few == took(replace(trial, offset=7), names)
    assert few < took(replace(trial, share=0.3), names)
    assert took(replace(trial, share=1.0), names) == set(names)
    assert few != took(replace(trial, link=link(8)), names)


def test_who_is_taken_does_not_change_with_a_release() -> None:
    trial = Canary(LinkRef(Version(9), Sha256("9" * 64)), 0.25, CanaryBy.CLIENT, 0)
    assert [number for number in range(20) if trial.takes(f"client-{number}", "")] == [0, 12, 14, 16]


def test_nobody_without_a_name_is_taken_but_a_predictor_takes_all_of_its_requests() -> None:
    everybody = Canary(link(9), 1.0, CanaryBy.CLIENT, 0)
    assert not everybody.takes(None, "predictor-1")
    by_predictor: Any = replace(everybody, share=0.5, by=CanaryBy.PREDICTOR)
    instances = [f"predictor-{number}" for number in range(1_000)]
    taken = [one for one in instances if by_predictor.takes(None, one)]
    assert 400 < len(taken) < 600
    assert all(by_predictor.takes("client-1", one) for one in taken)
