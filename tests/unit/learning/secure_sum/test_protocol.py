"""The four rounds, with clients that fall silent in any of them."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.learning.secure_sum.client import Client
from fedswipe.learning.secure_sum.error import SecureSumError
from fedswipe.learning.secure_sum.masked_sum import MaskedSum, secure_sum
from fedswipe.learning.secure_sum.masks import Vector, add_pair_mask, from_bytes, mask
from fedswipe.learning.secure_sum.messages import PublicKeys
from fedswipe.learning.secure_sum.server import Server

SIZE = 4


def chance(name: str) -> Callable[[int], bytes]:
    """Secret bytes that are the same in each run of a test."""
    state = [0]

    def random(count: int) -> bytes:
        state[0] += 1
        return hashlib.shake_256(f"{name} {state[0]}".encode()).digest(count)

    return random


def vector(number: int, size: int = SIZE) -> Vector:
    return np.random.default_rng(number).integers(0, 2**64, size, np.uint64)


def clients(count: int, threshold: int) -> list[Client]:
    return [Client(n, vector(n), threshold, chance(str(n))) for n in range(1, count + 1)]


def run(
    count: int, threshold: int, shared: Collection[int], sent: Collection[int], told: Collection[int]
) -> tuple[Vector, tuple[int, ...]]:
    """The sum, and whose it is; the numbers say who answers in rounds 2, 3 and 4."""
    everybody, server = clients(count, threshold), Server(SIZE, threshold)
    everyone = server.take_keys([one.introduce() for one in everybody])
    inbox = server.take_shares(
        shares for one in everybody if one.number in shared for shares in one.share(everyone)
    )
    vectors = [one.mask(inbox[one.number]) for one in everybody if one.number in sent]
    survivors = server.take_vectors(vectors)
    total = server.unmask([one.reveal(survivors) for one in everybody if one.number in told])
    return total, survivors


@st.composite
def silences(draw: st.DrawFn) -> tuple[int, int, list[set[int]]]:
    """How many clients there are, the threshold, and who still answers in rounds 2, 3 and 4."""
    count = draw(st.integers(2, 7))
    threshold = draw(st.integers(count // 2 + 1, count))
    rounds, left = [], set(range(1, count + 1))
    for _ in range(3):
        left = left - draw(st.sets(st.sampled_from(sorted(left)), max_size=2)) if left else left
        rounds.append(left)
    return count, threshold, rounds


@given(silences())
def test_whoever_falls_silent_the_sum_is_that_of_the_survivors_or_there_is_none(
    case: tuple[int, int, list[set[int]]],
) -> None:
    count, threshold, (shared, sent, told) = case
    if len(told) < threshold:
        with pytest.raises(SecureSumError, match=f"{threshold} are needed: begin again"):
            run(count, threshold, shared, sent, told)
        return
    total, survivors = run(count, threshold, shared, sent, told)
    assert set(survivors) == sent
    assert (total == np.sum([vector(n) for n in sent], axis=0, dtype=np.uint64)).all()


def test_the_masks_of_two_clients_cancel() -> None:
    one, two = clients(2, 2)
    keys = [one.introduce(), two.introduce()]
    total = np.zeros(SIZE, np.uint64)
    add_pair_mask(total, 1, one._masking, 2, keys[1].masking)
    assert (total != 0).all()
    add_pair_mask(total, 2, two._masking, 1, keys[0].masking)
    assert (total == 0).all()


def test_a_masked_vector_without_its_masks_is_the_plain_one() -> None:
    three = clients(3, 2)
    server = Server(SIZE, 2)
    everyone = server.take_keys([one.introduce() for one in three])
    inbox = server.take_shares(shares for one in three for shares in one.share(everyone))
    masked = from_bytes(three[0].mask(inbox[1]).vector, SIZE)
    assert (masked != vector(1)).all()
    plain = masked - mask(three[0]._seed, SIZE)
    assert (plain != vector(1)).all(), "the masks it has with others are there too"
    for other in (2, 3):  # their halves
        add_pair_mask(plain, other, three[other - 1]._masking, 1, everyone[0].masking)
    assert (plain == vector(1)).all()


def test_what_the_server_gets_looks_like_chance_whatever_is_sent() -> None:
    size = 1 << 14
    zeros = np.zeros(size, np.uint64)
    two = [Client(n, zeros, 2, chance(str(n))) for n in (1, 2)]
    everyone = [one.introduce() for one in two]
    shares = [one.share(everyone) for one in two]
    masked = two[0].mask(shares[1]).vector
    times = np.bincount(np.frombuffer(masked, np.uint8), minlength=256)
    squares = float(np.square(times - times.mean()).sum() / times.mean())
    assert abs(squares - 255) < 5 * (2 * 255) ** 0.5
    assert masked != two[1].mask(shares[0]).vector


def test_a_client_gives_of_nobody_both_secrets() -> None:
    four = clients(4, 3)
    everyone = [one.introduce() for one in four]
    shares = [share for one in four for share in one.share(everyone)]
    for one in four:
        one.mask([share for share in shares if share.receiver == one.number])
    revealed = four[0].reveal([1, 2, 4])
    assert (set(revealed.seeds), set(revealed.keys)) == ({1, 2, 4}, {3})
    with pytest.raises(SecureSumError, match="step 4: comes after step 3, once; 4 are done"):
        four[0].reveal([1, 3, 4])
    with pytest.raises(SecureSumError, match="2 clients survive, 3 are needed"):
        four[1].reveal([1, 2])
    with pytest.raises(SecureSumError, match="survivors: must be clients that sent their shares"):
        four[2].reveal([1, 2, 4])


@pytest.mark.parametrize(
    ("threshold", "change", "named"),
    [
        (2, lambda keys: keys, "threshold: is 2 of 4 clients; give more than half"),
        (5, lambda keys: keys, "threshold: is 5 of 4 clients"),
        (3, lambda keys: keys[1:], "keys: each client must be there once, this one too"),
        (3, lambda keys: [*keys, keys[1]], "keys: each client must be there once"),
        (1, lambda keys: keys[:1], "keys: the sum of one client is that client's vector"),
        (3, lambda keys: [*keys[:3], replace(keys[3], sealing=b"short")], "public key: is none of X25519"),
        (3, lambda keys: [*keys[:3], replace(keys[3], sealing=bytes(32))], "public key: is none of X25519"),
    ],
)
def test_a_client_shares_nothing_with_a_group_that_would_not_protect_it(
    threshold: int, change: Callable[[list[PublicKeys]], list[PublicKeys]], named: str
) -> None:
    four = clients(4, threshold)
    everyone = [one.introduce() for one in four]
    with pytest.raises(SecureSumError, match=named):
        four[0].share(change(everyone))


def test_shares_that_were_changed_or_are_for_another_are_refused() -> None:
    three = clients(3, 2)
    everyone = [one.introduce() for one in three]
    shares = {(s.sender, s.receiver): s for one in three for s in one.share(everyone)}
    changed = replace(shares[2, 1], sealed=shares[2, 1].sealed[:-1] + b"x")
    with pytest.raises(SecureSumError, match="sealed shares: were changed, or are for somebody else"):
        three[0].mask([changed])
    with pytest.raises(SecureSumError, match="shares: of 1 for 3 are not due here"):
        three[1].mask([shares[1, 3]])
    with pytest.raises(SecureSumError, match="shares: of 1 for 3 are not due here"):
        three[2].mask([shares[1, 3], shares[1, 3]])


def test_a_wrong_share_of_a_silent_clients_key_gives_no_wrong_sum() -> None:
    three, server = clients(3, 2), Server(SIZE, 2)
    everyone = server.take_keys([one.introduce() for one in three])
    inbox = server.take_shares(shares for one in three for shares in one.share(everyone))
    survivors = server.take_vectors([one.mask(inbox[one.number]) for one in three[:2]])
    revealed = [one.reveal(survivors) for one in three[:2]]
    wrong = replace(revealed[0], keys={3: bytes(33)})
    with pytest.raises(SecureSumError, match=r"of client 3 give a key that is not its own|of no secret"):
        server.unmask([wrong, revealed[1]])
    with pytest.raises(SecureSumError, match="client 3's are not in every answer"):
        server.unmask([replace(revealed[0], keys={}), revealed[1]])
    with pytest.raises(SecureSumError, match=r"1 clients revealed shares \(each once\), 2 are needed"):
        server.unmask([revealed[0], revealed[0]])


def test_the_server_adds_no_vector_of_a_stranger_or_of_another_length() -> None:
    three, server = clients(3, 2), Server(SIZE + 1, 2)
    everyone = server.take_keys([one.introduce() for one in three])
    inbox = server.take_shares(shares for one in three[:2] for shares in one.share(everyone))
    vectors = [one.mask(inbox[one.number]) for one in three[:2]]
    with pytest.raises(SecureSumError, match="masked vector: has 32 bytes, 40 expected for 5 numbers"):
        server.take_vectors(vectors)
    with pytest.raises(SecureSumError, match=r"vectors: of \[3\], who shared no keys"):
        server.take_vectors([vectors[0], replace(vectors[1], client=3)])


@given(st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(1, 1024)), min_size=2, max_size=5))
def test_a_masked_window_has_the_weighted_sum_of_a_plain_one(rows: list[tuple[int, int]]) -> None:
    masked = MaskedSum(2, chance("window"))
    assert (masked.sum.weight, masked.sum.count, masked.sum.total.tolist()) == (0, 0, [0, 0])
    for value, weight in rows:
        masked.add(np.array([value, -1.0]), abs(value), weight)
    assert masked.sum.total.tolist() == [sum(v * w for v, w in rows), -sum(w for _, w in rows)]
    assert (masked.sum.weight, masked.sum.count) == (sum(w for _, w in rows), len(rows))


def test_sums_are_modulo_two_to_the_64() -> None:
    top = np.array([2**64 - 1], np.uint64)
    assert secure_sum([top, top, top], chance("modulo")).tolist() == [2**64 - 3]
