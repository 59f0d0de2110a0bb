"""The fast sum against the plain definition it must equal bit for bit."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedswipe.events import DeltaCodec
from fedswipe.learning import folding, running_sum
from fedswipe.learning.aggregation import Sum, empty, fold
from fedswipe.learning.delta import LOSSY, decode_delta, encode_delta
from fedswipe.learning.fixed_point import Fixed, quantize, shrink, squared_norm, squared_norm_limit
from fedswipe.learning.folding import Folding
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.robust import RULES, Kept
from fedswipe.learning.verdict import Verdict

SIZES = (7, 1, 3)
SIZE = sum(SIZES)
BYTES = {DeltaCodec.FP16: 2, DeltaCodec.FP32: 4}  # a number
RECIPES = [
    Recipe(),
    Recipe(max_norm=0.5),
    Recipe(max_norm=20.0),  # about what eleven numbers up to 8 have
    Recipe(deltas=2, max_examples=2, scale_bits=44),  # a single product does not fit float64
    Recipe(deltas=4, max_examples=4, max_value=2.0**13, max_norm=2.0**14),  # nor do a block's squares
    Recipe(deltas=1, max_examples=2**31, max_value=2.0**-7),  # nor does a product's last digit
    Recipe(deltas=512, max_examples=1_000, scale_bits=25),  # nor does the sum of a window
    Recipe(max_norm=0.5, over_norm="clip"),
    Recipe(deltas=2, max_examples=2, scale_bits=44, max_norm=3.0, over_norm="clip"),
]
any_bits = {codec: st.binary(min_size=n * SIZE, max_size=n * SIZE) for codec, n in BYTES.items()}
within = {
    DeltaCodec.FP16: arrays("<f2", SIZE, elements=st.floats(-8, 8, width=16)),
    DeltaCodec.FP32: arrays("<f4", SIZE, elements=st.floats(-8, 8, width=32)),
}
floats = st.sampled_from(list(within)).flatmap(
    lambda codec: st.tuples(st.just(codec), within[codec].map(lambda a: a.tobytes()) | any_bits[codec])
)
scaled = st.tuples(
    st.sampled_from(sorted(LOSSY)),
    arrays("<f4", SIZE, elements=st.floats(-9, 9, width=32)),
    st.floats(0.1, 1),
).map(lambda drawn: (drawn[0], encode_delta(drawn[1], drawn[0], SIZES, drawn[2])))
payloads = floats | scaled


def plain_verdict(recipe: Recipe, payload: bytes, codec: DeltaCodec) -> Verdict | None:
    values = decode_delta(payload, codec, SIZES)
    largest = np.max(np.abs(values))
    if not np.isfinite(largest):
        return Verdict.NOT_FINITE
    if largest > recipe.max_value:
        return Verdict.OVER_RANGE
    norm = squared_norm(quantize(values, recipe.scale_bits), recipe.scale_bits)
    over = recipe.over_norm == "refuse" and norm > squared_norm_limit(recipe.max_norm)
    return Verdict.OVER_NORM if over else None


def plain_fixed(recipe: Recipe, payload: bytes, codec: DeltaCodec) -> Fixed:
    fixed = quantize(decode_delta(payload, codec, SIZES), recipe.scale_bits)
    norm, limit = squared_norm(fixed, recipe.scale_bits), squared_norm_limit(recipe.max_norm)
    if norm <= limit:
        return fixed
    values = fixed.astype(np.float64)
    shrink(values, norm, limit)
    return values.astype(np.int64)


def plain_fold(recipe: Recipe, deltas: list[tuple[DeltaCodec, bytes, int]]) -> Sum:
    return reduce(
        lambda sum_, d: fold(sum_, plain_fixed(recipe, d[1], d[0]), d[2]),
        deltas,
        empty(SIZE),
    )


@pytest.mark.parametrize("recipe", RECIPES)
@settings(max_examples=15)
@given(data=st.data())
def test_verdicts_and_sums_are_those_of_the_plain_definition(recipe: Recipe, data: st.DataObject) -> None:
    fast, counted = Folding(recipe, SIZES), []
    most = min(recipe.deltas, 9)
    for codec, payload in data.draw(st.lists(payloads, max_size=most)):
        verdict = fast.judge(payload, codec)
        assert verdict is plain_verdict(recipe, payload, codec)
        if verdict is None:
            counted.append((codec, payload, data.draw(st.integers(1, recipe.max_examples * 1024))))
            fast.add(counted[-1][-1])
        if data.draw(st.booleans()):
            assert fast.sum.total.tobytes() == plain_fold(recipe, counted).total.tobytes()
    plain = plain_fold(recipe, counted)
    assert fast.sum.total.tobytes() == plain.total.tobytes()
    assert (fast.sum.weight, fast.sum.count, fast.count) == (plain.weight, plain.count, len(counted))


def test_the_largest_sums_are_exact_too(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(deltas=512, max_examples=1_000, scale_bits=25)
    largest, weight = np.full(SIZE, 8.0, "<f4").tobytes(), 1_000 * 1024 - 1
    odd = np.full(SIZE, 2.0**-25, "<f4").tobytes()  # one unit: the first to be lost in a float64
    fast, deltas = Folding(recipe, SIZES), [(DeltaCodec.FP32, one, weight) for one in (largest, odd) * 256]
    for codec, payload, times in deltas:
        assert fast.judge(payload, codec) is None
        fast.add(times)
    assert fast.sum.total.tobytes() == plain_fold(recipe, deltas).total.tobytes()
    monkeypatch.setattr(running_sum, "EXACT", 2.0**62)  # without the bound it would not be
    broken = Folding(recipe, SIZES)
    for codec, payload, times in deltas:
        broken.judge(payload, codec)
        broken.add(times)
    assert broken.sum.total.tobytes() != fast.sum.total.tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_a_norm_of_several_blocks_is_exact(seed: int) -> None:
    size, recipe = 3 * folding.BLOCK + 5, Recipe(max_norm=1e4)
    values = np.random.default_rng(seed).uniform(-8, 8, size).astype("<f4")
    values[: seed * folding.BLOCK] = 8.0  # whole blocks of the largest squares
    fast = Folding(recipe, (size,))
    fast.judge(values.tobytes(), DeltaCodec.FP32)
    assert fast._squared_norm() == squared_norm(quantize(values, recipe.scale_bits), recipe.scale_bits)


def test_every_fp16_number_is_quantized_as_the_plain_definition_says() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    kept = np.ascontiguousarray(every[np.isfinite(every) & (np.abs(every) <= 8.0)])
    for bits in (16, 20, 24, 30):
        recipe = Recipe(deltas=1, max_norm=1e9, scale_bits=bits)
        fast = Folding(recipe, (len(kept),))
        assert fast.judge(kept.tobytes(), DeltaCodec.FP16) is None
        fast.add(1)
        plain = quantize(kept.astype(np.float32), bits)
        assert fast.sum.total.tobytes() == plain.tobytes()


def test_a_product_of_many_digits_is_exact() -> None:
    recipe = Recipe(deltas=1, max_examples=2**31, max_value=2.0**-7)
    values, weight = np.full(SIZE, (2**17 - 1) * 2.0**-24, "<f4"), 2**41 - 1
    fast = Folding(recipe, SIZES)
    assert fast.judge(values.tobytes(), DeltaCodec.FP32) is None
    fast.add(weight)
    assert fast.sum.total.tolist() == [(2**17 - 1) * weight] * SIZE
    assert int(float(2**17 - 1) * float(weight)) != (2**17 - 1) * weight


def test_a_norm_of_large_and_small_numbers_is_exact() -> None:
    recipe = Recipe(deltas=4, max_examples=4, max_value=2.0**13, max_norm=2.0**14)
    values = np.full(SIZE, 3 * 2.0**-16, "<f4")
    values[0] = 2.0**13
    fast = Folding(recipe, SIZES)
    assert fast.judge(values.tobytes(), DeltaCodec.FP32) is None
    assert fast._squared_norm() == (2**29) ** 2 + 9 * (SIZE - 1)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("factor", "verdict"), [(0.999, None), (1.001, Verdict.OVER_NORM)])
def test_a_norm_at_its_limit_is_judged_by_its_exact_value(
    sign: int, factor: float, verdict: Verdict | None
) -> None:
    recipe = Recipe(max_norm=20.0)
    values = np.full(SIZE, sign * factor * 20.0 / SIZE**0.5, "<f4")
    assert Folding(recipe, SIZES).judge(values.tobytes(), DeltaCodec.FP32) is verdict


@given(arrays("<f4", SIZE, elements=st.floats(-8, 8, width=32)), st.floats(0.01, 20))
def test_a_delta_that_is_too_long_is_clipped_to_the_largest_norm(values: np.ndarray, most: float) -> None:
    recipe = Recipe(max_norm=most, over_norm="clip")
    fast = Folding(recipe, SIZES)
    assert fast.judge(values.tobytes(), DeltaCodec.FP32) is None
    fast.add(1)
    clipped = np.ldexp(fast.sum.total.astype(np.float64), -recipe.scale_bits)
    norm = np.linalg.norm(values.astype(np.float64))
    slack = SIZE**0.5 * 2.0**-16  # squares are summed at steps of 2^-16
    assert np.linalg.norm(clipped) <= most + slack
    np.testing.assert_allclose(clipped, values * min(1.0, most / max(norm, 1e-9)), atol=2 * slack)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=10)
@given(data=st.data())
def test_the_robust_rules_fold_what_is_judged_as_the_mean_does(rule: str, data: st.DataObject) -> None:
    recipe = Recipe(rule=rule, max_norm=9.0, over_norm=data.draw(st.sampled_from(["refuse", "clip"])))
    fast, kept = Folding(recipe, SIZES), Kept(recipe, SIZE)
    for codec, payload in data.draw(st.lists(payloads, max_size=7)):
        verdict = fast.judge(payload, codec)
        assert verdict is plain_verdict(recipe, payload, codec)
        if verdict is None:
            fast.add(1)
            kept.add(plain_fixed(recipe, payload, codec).astype(np.float64), 0.0, 1)
    assert fast.count == len(kept.rows)
    assert fast.sum.total.tobytes() == kept.sum.total.tobytes()
    assert (fast.sum.weight, fast.sum.count) == (kept.sum.weight, kept.sum.count)
