"""The truth for known sources: Blahut–Arimoto against closed forms, `dit`, and its certificate against chance."""

import dit
import numpy as np
import pytest
from dit.rate_distortion.blahut_arimoto import blahut_arimoto as dit_blahut_arimoto
from hypothesis import given
from hypothesis import strategies as st

from agentbits.errors import InputError
from agentbits.information import least_bits
from agentbits.ratedistortion import RatePoint, binary_rate_bits, blahut_arimoto, hamming_rate_bits

DIAMOND = [[0, 1, 0.4], [1, 0, 0.4]]  # a third reproduction that is never quite right


def hamming(n_values: int) -> np.ndarray:
    return 1 - np.eye(n_values)


@pytest.mark.parametrize("p", [0.5, 0.3, 0.05])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_coin(p: float, share: float) -> None:
    distortion = share * p
    (found,) = blahut_arimoto([p, 1 - p], hamming(2), np.log2((1 - distortion) / distortion))
    assert found.distortion == pytest.approx(distortion, abs=1e-4)
    excess = found.rate_bits - binary_rate_bits(p, found.distortion)
    assert -1e-12 <= excess <= found.gap_bits + 1e-12
    assert found.gap_bits <= 1e-9


@pytest.mark.parametrize("n_values", [2, 3, 16])
def test_equally_likely_values(n_values: int) -> None:
    slopes = [0.5, 2.0, 8.0, 12.0]
    for slope, found in zip(
        slopes, blahut_arimoto(np.full(n_values, 1 / n_values), hamming(n_values), slopes), strict=True
    ):
        assert found.slope_bits == slope
        assert found.distortion == pytest.approx((n_values - 1) / (n_values - 1 + 2**slope), abs=1e-9)
        assert found.rate_bits == pytest.approx(hamming_rate_bits(n_values, found.distortion), abs=1e-9)


def test_closed_forms_by_hand() -> None:
    assert binary_rate_bits(0.5, 0.110028) == pytest.approx(0.5, abs=1e-6)
    assert binary_rate_bits(0.3, 0.0) == pytest.approx(0.881291, abs=1e-6)
    assert hamming_rate_bits(4, 0.0) == 2.0
    assert hamming_rate_bits(4, 0.3) == pytest.approx(2 - 0.881291 - 0.3 * 1.584963, abs=1e-6)
    assert [binary_rate_bits(p, 0.3) for p in (0.3, 0.7, 0.2, 1.0)] == [0.0] * 4
    assert [hamming_rate_bits(4, d) for d in (0.75, 1.0)] == [0.0] * 2


@given(st.integers(2, 40), st.floats(0, 1))
def test_a_rate_is_fanos_least_bits(n_values: int, distortion: float) -> None:
    rate = hamming_rate_bits(n_values, distortion)
    assert rate == pytest.approx(least_bits(distortion, n_values), abs=1e-9)
    if n_values == 2:
        assert rate == pytest.approx(binary_rate_bits(0.5, distortion), abs=1e-12)


@pytest.mark.parametrize("slope", [1.5, 3.0, 6.0])
@pytest.mark.parametrize("source", [(0.5, 0.5), (0.2, 0.3, 0.5), (0.1, 0.1, 0.3, 0.5)])
def test_dit_finds_the_same(source: tuple[float, ...], slope: float) -> None:
    p = dit.Distribution([str(x) for x in range(len(source))], list(source)).pmf
    theirs, _ = dit_blahut_arimoto(p, slope, max_iters=2_000, restarts=1)
    (ours,) = blahut_arimoto(source, hamming(len(source)), slope)
    assert ours.rate_bits + slope * ours.distortion <= theirs.rate + slope * theirs.distortion + 1e-9
    assert ours.rate_bits == pytest.approx(theirs.rate, abs=5e-3)
    assert ours.distortion == pytest.approx(theirs.distortion, abs=1e-3)


def spent_and_lost(source: np.ndarray, distortion: np.ndarray, channel: np.ndarray) -> tuple[float, float]:
    joint = source[:, np.newaxis] * channel
    rate = (joint * np.log2(joint / (source[:, np.newaxis] * joint.sum(axis=0)))).sum()
    return rate, (joint * distortion).sum()


@given(st.integers(2, 5), st.integers(2, 5), st.floats(0.1, 6), st.integers(0, 2**32 - 1))
def test_no_channel_beats_the_certificate(n: int, m: int, slope: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, distortion = rng.dirichlet(np.ones(n)), rng.uniform(0, 2, (n, m))
    (found,) = blahut_arimoto(source, distortion, slope, gap_bits=1e-4)
    floor = found.rate_bits - found.gap_bits + slope * found.distortion
    best = np.exp2(-slope * distortion)
    for channel in (*rng.dirichlet(np.ones(m), (5, n)), best / best.sum(axis=1, keepdims=True)):
        rate, lost = spent_and_lost(source, distortion, channel)
        assert rate + slope * lost >= floor - 1e-12


def test_the_curve_falls_and_is_convex() -> None:
    found = blahut_arimoto([0.5, 0.5], DIAMOND, [0.2, 1.0, 2.2, 4.0, 9.0])
    rates, distortions = np.array([(point.rate_bits, point.distortion) for point in found]).T
    assert (np.diff(rates) > -1e-9).all()
    assert (np.diff(distortions) < 1e-9).all()
    assert rates[-1] > rates[0] + 0.5
    for point in found:  # all points lie above each tangent
        assert (rates - point.rate_bits + point.slope_bits * (distortions - point.distortion) >= -1e-9).all()


def test_the_ends() -> None:
    nothing, everything = blahut_arimoto([0.2, 0.3, 0.5], hamming(3), [0.0, 1e5])
    assert nothing == RatePoint(0.0, pytest.approx(0, abs=1e-12), pytest.approx(2 / 3), pytest.approx(0, abs=1e-12))
    assert everything.rate_bits == pytest.approx(dit.shannon.entropy_pmf(np.array([0.2, 0.3, 0.5])))
    assert everything.distortion == 0


@pytest.mark.parametrize("slope", [3.0, 1e4])
def test_no_reproduction_need_be_right_and_no_value_need_occur(slope: float) -> None:
    (one,), (other,) = (blahut_arimoto([0.5, 0.5, 0.0], d, slope) for d in (hamming(3), hamming(3) + 7))
    assert other.rate_bits == pytest.approx(one.rate_bits)
    assert other.distortion == pytest.approx(one.distortion + 7)
    assert one.rate_bits == pytest.approx(binary_rate_bits(0.5, one.distortion), abs=1e-9)


def test_a_rough_answer_is_still_what_a_channel_spends() -> None:
    source, distortion = np.array([0.2, 0.8]), np.array(DIAMOND)
    (first,) = blahut_arimoto(source, distortion, 2.0, gap_bits=10)
    channel = np.exp2(-2.0 * distortion)
    channel /= channel.sum(axis=1, keepdims=True)
    assert (first.rate_bits, first.distortion) == pytest.approx(spent_and_lost(source, distortion, channel))
    (best,) = blahut_arimoto(source, distortion, 2.0)
    assert 0.1 < first.gap_bits < 10
    assert best.rate_bits + 2 * best.distortion > first.rate_bits + 2 * first.distortion - first.gap_bits


def test_what_does_not_converge_is_no_number() -> None:
    critical = np.log2(0.7 / 0.3)  # where the rarer side falls out of use
    with pytest.raises(
        InputError, match=r"slope 1\.22239 the rate is known to .* after 100,000 steps, not to 1e-12: ask"
    ):
        blahut_arimoto([0.3, 0.7], hamming(2), critical, gap_bits=1e-12)
    (rough,) = blahut_arimoto([0.3, 0.7], hamming(2), critical, gap_bits=1e-4)
    assert 0 < rough.rate_bits - binary_rate_bits(0.3, rough.distortion) <= rough.gap_bits <= 1e-4


@pytest.mark.parametrize(
    ("source", "distortion", "slopes", "message"),
    [
        ([0.5, 0.6], np.eye(2), 1.0, r"source has shape \(2,\) and sums to 1\.1; expected \(X,\), a distribution"),
        ([1.5, -0.5], np.eye(2), 1.0, "expected .*a distribution"),
        ([[0.5, 0.5]], np.eye(2), 1.0, r"source has shape \(1, 2\)"),
        ([np.nan, 0.5], np.eye(2), 1.0, "sums to nan"),
        ([0.5, 0.5], np.eye(3), 1.0, r"distortion has shape \(3, 3\); expected \(2, Y\), finite and not negative"),
        ([0.5, 0.5], [0.0, 1.0], 1.0, r"distortion has shape \(2,\)"),
        ([0.5, 0.5], np.zeros((2, 0)), 1.0, r"distortion has shape \(2, 0\)"),
        ([0.5, 0.5], [[0, np.inf], [1, 0]], 1.0, "finite and not negative"),
        ([0.5, 0.5], [[0, -1], [1, 0]], 1.0, "finite and not negative"),
        ([0.5, 0.5], np.eye(2), [1.0, -1.0], r"slopes_bits is \[1.0, -1.0\]; expected -dR/dD, finite and not negative"),
        ([0.5, 0.5], np.eye(2), np.inf, "slopes_bits is inf"),
        ([0.5, 0.5], np.eye(2), [[1.0]], r"slopes_bits is \[\[1.0\]\]"),
    ],
)
def test_what_is_no_source_is_refused(source: object, distortion: object, slopes: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        blahut_arimoto(source, distortion, slopes)  # type: ignore[arg-type]


def test_closed_forms_refuse_what_is_no_probability() -> None:
    with pytest.raises(InputError, match=r"p is 1\.5, distortion 0\.1; expected probabilities from 0 to 1"):
        binary_rate_bits(1.5, 0.1)
    with pytest.raises(InputError, match=r"p is 0\.5, distortion nan"):
        binary_rate_bits(0.5, np.nan)
    with pytest.raises(InputError, match=r"n_values is 1, distortion 0\.1; expected 2 or more, and 0 to 1"):
        hamming_rate_bits(1, 0.1)
    with pytest.raises(InputError, match=r"n_values is 4, distortion -0\.1"):
        hamming_rate_bits(4, -0.1)
