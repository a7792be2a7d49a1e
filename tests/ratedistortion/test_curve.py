"""The curve through the points: exact data, other people's least squares, brute-force jackknife, coverage, refusals."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.stats import t as student

from agentbits.errors import InputError
from agentbits.ratedistortion import Curve, fit
from agentbits.ratedistortion.exponential import closest

RATES = np.tile([1.0, 2.0, 3.0, 5.0, 8.0, 12.0], 2)
PREDICTORS = ["8B"] * 6 + ["70B"] * 6
B, C, D0 = 0.35, {"8B": 0.5, "70B": 0.4}, {"8B": 0.2, "70B": 0.1}
SCALE, FLOOR = (np.array([of[predictor] for predictor in PREDICTORS]) for of in (C, D0))
TRUTH = SCALE * np.exp(-B * RATES) + FLOOR


def at_each(distortions: np.ndarray, n_clusters: int = 2) -> np.ndarray:
    """All clusters alike: no error, and every fit the same."""
    return np.tile(distortions, (n_clusters, 1))


def fitted(distortions: np.ndarray, rates: np.ndarray = RATES, predictors: list[str] = PREDICTORS) -> Curve:
    clusters = at_each(distortions) if np.ndim(distortions) == 1 else distortions
    return fit(rates, clusters, np.ones(clusters.shape), predictors, unit="bits")


def numbers(curve: Curve) -> np.ndarray:
    return np.array([curve.b.value, *(p.value for of in (curve.C, curve.D0) for p in of.values())])


def drawn(rng: np.random.Generator, n_clusters: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Items of documents that are easy or hard at all points alike: distortions and counts, (K, P)."""
    hardness = rng.uniform(0.4, 1.6, (n_clusters, 1))
    counts = np.broadcast_to(rng.integers(5, 16, (n_clusters, 1)), (n_clusters, len(RATES)))
    return rng.binomial(counts, TRUTH * hardness) / counts, counts


@pytest.mark.parametrize("b", [0.004, 0.05, 0.35, 3.0])
@pytest.mark.parametrize("shift", [0.0, -1.5, 4.0])
def test_exact_data_give_their_parameters_back(b: float, shift: float) -> None:
    rates = RATES + shift
    scale = SCALE * np.exp(b * shift)
    curve = fitted(scale * np.exp(-b * rates) + FLOOR, rates)
    wanted = [b, *(np.exp(b * shift) * value for value in C.values()), *D0.values()]
    np.testing.assert_allclose(numbers(curve), wanted, rtol=1e-6)
    assert curve.rss == pytest.approx(0, abs=1e-20)
    assert curve.identified
    band = curve.at("70B", [0.0, 2.5])
    np.testing.assert_allclose(band.distortion, 0.4 * np.exp(-b * (np.array([0.0, 2.5]) - shift)) + 0.1, rtol=1e-6)
    assert band.error == pytest.approx(0, abs=1e-6)


def test_one_predictor_and_what_the_record_says() -> None:
    curve = fitted(TRUTH[:6], RATES[:6], PREDICTORS[:6])
    np.testing.assert_allclose(numbers(curve), [0.35, 0.5, 0.2], rtol=1e-6)
    assert (curve.unit, curve.residual_freedom, curve.n_clusters, curve.confidence) == ("bits", 3, 2, 0.95)
    assert list(curve.C) == list(curve.D0) == ["8B"]
    assert fitted(TRUTH).residual_freedom == 7
    with pytest.raises(FrozenInstanceError):
        curve.rss = 0.0  # type: ignore[misc]


def residuals(theta: np.ndarray, rates: np.ndarray, distortion: np.ndarray) -> np.ndarray:
    scale, floor = np.repeat(theta[1:3], 6), np.repeat(theta[3:], 6)
    return scale * np.exp(-theta[0] * rates) + floor - distortion


def by_scipy(rates: np.ndarray, distortion: np.ndarray) -> tuple[np.ndarray, float]:
    """Bounded least squares from several starts."""
    limits = ([0] * 5, [50, 1e4, 1e4, 1, 1])
    starts = ([b, 0.3, 0.3, 0.1, 0.1] for b in (0.03, 0.3, 3.0))
    found = [
        least_squares(residuals, x0, bounds=limits, args=(rates, distortion), xtol=1e-15, ftol=1e-15, gtol=1e-15)
        for x0 in starts
    ]
    best = min(found, key=lambda one: one.cost)
    return best.x, 2 * best.cost


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("floor", [0.25, 0.0])
def test_scipy_finds_no_closer_curve(seed: int, floor: float) -> None:
    rng = np.random.default_rng(seed)
    distortion = np.clip(SCALE * np.exp(-B * RATES) + floor + rng.normal(0, 0.02, 12), 0, 1)
    theta, rss = by_scipy(RATES, distortion)
    curve = fitted(distortion)
    assert curve.rss <= rss * (1 + 1e-9)
    np.testing.assert_allclose(numbers(curve), theta, atol=2e-4)
    floors = np.array([parameter.value for parameter in curve.D0.values()])
    assert [parameter.at_bound for parameter in curve.D0.values()] == list(floors == 0)


def test_some_floors_are_at_their_bound_in_the_comparison_with_scipy() -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, 12)
    curve = fitted(np.clip(SCALE * np.exp(-B * RATES) + noise, 0, 1))
    assert any(parameter.at_bound for parameter in curve.D0.values())


def test_a_point_is_the_mean_over_items_and_absent_clusters_are_not_read() -> None:
    distortions = np.array([TRUTH + 0.01, TRUTH - 0.03, np.full(12, np.nan)])
    distortions[2, :3] = TRUTH[:3]
    counts = np.tile([[3.0], [1.0], [0.0]], 12)
    counts[2, :3] = 7
    np.testing.assert_allclose(
        numbers(fit(RATES, distortions, counts, PREDICTORS, unit="bits")), numbers(fitted(TRUTH))
    )


@pytest.mark.parametrize("rates_measured_elsewhere", [True, False])
def test_the_jackknife_equals_brute_force(rates_measured_elsewhere: bool) -> None:
    rng = np.random.default_rng(3)
    distortions, counts = drawn(rng, 8)
    counts = np.where(rng.random(counts.shape) < 0.2, 0, counts)
    without = None if rates_measured_elsewhere else RATES + rng.normal(0, 0.05, (8, 12))
    curve = fit(RATES, distortions, counts, PREDICTORS, unit="bits", rates_left_out=without, confidence=0.9)
    others, bands = [], []
    for k in range(8):
        kept = np.arange(8) != k
        rates = RATES if without is None else without[k]
        other = fit(rates, distortions[kept], counts[kept], PREDICTORS, unit="bits")
        others.append(numbers(other))
        bands.append(other.at("8B", [0.0, 4.0]).distortion)
    margins = {}
    for name, values in (("parameters", np.array(others)), ("band", np.array(bands))):
        error = np.sqrt(7 / 8 * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
        margins[name] = (error, error * student.ppf(0.95, 7))
    found = [curve.b, *curve.C.values(), *curve.D0.values()]
    np.testing.assert_allclose([each.error for each in found], margins["parameters"][0], rtol=1e-5)
    low, high = np.array([each.interval for each in found]).T
    np.testing.assert_allclose((high - low) / 2, margins["parameters"][1], rtol=1e-5)
    np.testing.assert_allclose((high + low) / 2, numbers(curve))
    band = curve.at("8B", [0.0, 4.0])
    np.testing.assert_allclose(band.error, margins["band"][0], rtol=1e-5)
    np.testing.assert_allclose(
        [band.distortion - band.low, band.high - band.distortion], [margins["band"][1]] * 2, rtol=1e-5
    )


def test_rates_that_move_with_the_documents_move_b() -> None:
    """Rates without document k are 1 + e_k times as high: b is so much smaller, and nothing else changes."""
    stretch = np.array([-0.1, 0.0, 0.03, 0.07])
    without = RATES * (1 + stretch[:, np.newaxis])
    curve = fit(RATES, at_each(TRUTH, 4), np.ones((4, 12)), PREDICTORS, unit="bits per token", rates_left_out=without)
    assert curve.b.error == pytest.approx(np.sqrt(3 / 4 * 4) * np.std(B / (1 + stretch)), rel=1e-6)
    assert [each.error for each in (*curve.C.values(), *curve.D0.values())] == pytest.approx([0] * 4, abs=1e-9)
    assert curve.unit == "bits per token"


@pytest.fixture(scope="module")
def simulated() -> list[Curve]:
    rng = np.random.default_rng(0)
    return [fit(RATES, *drawn(rng), PREDICTORS, unit="bits") for _ in range(300)]


def test_intervals_cover_where_documents_are_easy_or_hard(simulated: list[Curve]) -> None:
    parameters = {"b": ([c.b for c in simulated], B)}
    parameters |= {f"D0 {p}": ([c.D0[p] for c in simulated], D0[p]) for p in D0}
    parameters |= {f"C {p}": ([c.C[p] for c in simulated], C[p]) for p in C}
    for name, (found, truth) in parameters.items():
        covered = np.mean([low <= truth <= high for low, high in (each.interval for each in found)])
        assert covered >= 0.90, f"{name}: {covered}"
        errors = np.array([each.error for each in found])
        assert np.median(errors) == pytest.approx(np.std([each.value for each in found]), rel=0.25), name


def test_bands_cover(simulated: list[Curve]) -> None:
    bands = [curve.at("70B", RATES[6:]) for curve in simulated]
    covered = np.mean([(band.low <= TRUTH[6:]) & (TRUTH[6:] <= band.high) for band in bands], axis=0)
    assert (covered >= 0.90).all(), covered


def test_errors_of_items_taken_for_independent_would_not_cover() -> None:
    """The case is hard: one document for all items of a kind, and the spread of items says too little."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(200):
        distortions, counts = drawn(rng)
        mean = (distortions * counts).sum(axis=0)[0] / counts.sum(axis=0)[0]
        naive = np.sqrt(mean * (1 - mean) / counts.sum(axis=0)[0])
        missed += abs(mean - TRUTH[0]) > 1.96 * naive
    assert missed / 200 > 0.10


@pytest.mark.parametrize(
    ("distortion", "bounds"),
    [
        (np.full(12, 0.3), "b C C"),  # nothing falls
        (0.2 + 0.03 * RATES, "b C C"),  # distortion rises
        (0.9 - 0.07 * RATES, "D0 D0"),  # a straight line: the floor is out of sight
        (np.where(RATES == 1, 0.9, 0.2), "b"),  # a step at the lowest rate
        (np.where(RATES == 1, 0.9, 0.2 + 0.001 * RATES), "b"),
        (np.where(RATES < 100, 0.0, 1.0), "b C C D0 D0"),
        (np.ones(12), "b C C D0 D0"),
        (np.where(SCALE > 0.45, 0.3, TRUTH), "C"),  # one predictor profits, the other does not
    ],
)
def test_parameters_at_their_bounds_are_told(distortion: np.ndarray, bounds: str) -> None:
    curve = fitted(distortion)
    found = ["b"] * curve.b.at_bound
    found += [name for name, of in (("C", curve.C), ("D0", curve.D0)) for each in of.values() if each.at_bound]
    assert " ".join(found) == bounds
    assert not curve.identified
    assert np.isfinite(numbers(curve)).all()
    if bounds.startswith("b C"):
        assert curve.b.value == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.03]))
def test_where_nothing_falls_b_is_nothing(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    curve = fitted(rng.uniform(0, 0.6) + slope * RATES)
    assert curve.b.value == 0
    assert curve.b.at_bound
    assert curve.D0["8B"].value == pytest.approx(np.mean(curve.at("8B", RATES[:6]).distortion))


def test_noise_without_a_fall_has_no_b_of_the_size_of_rounding() -> None:
    distortions = 0.3 + np.random.default_rng(0).normal(0, 0.02, (2_000, 12))
    found = closest(np.tile(RATES, (2_000, 1)), distortions, np.repeat(np.eye(2), 6, axis=1)).parameters[:, 0]
    assert np.mean(found == 0) > 0.05
    assert found[found > 0].min() > 1e-8


def test_a_bound_met_without_one_document_is_told() -> None:
    clusters = np.vstack([at_each(SCALE * np.exp(-B * RATES), 4), TRUTH])
    assert fitted(clusters[:4]).D0["8B"].at_bound
    curve = fitted(clusters)
    assert curve.D0["8B"].value == pytest.approx(0.2 / 5)
    assert curve.D0["8B"].at_bound
    assert not curve.b.at_bound


@given(st.permutations(range(12)), st.permutations(range(5)), st.floats(0.01, 100), st.integers(0, 2**32 - 1))
def test_order_names_and_unit_of_the_rates_change_nothing(
    points: list[int], clusters: list[int], unit: float, seed: int
) -> None:
    distortions, counts = drawn(np.random.default_rng(seed), 5)
    one = fit(RATES, distortions, counts, PREDICTORS, unit="bits")
    names = {"8B": "z", "70B": "a"}
    other = fit(
        unit * RATES[points],
        distortions[clusters][:, points],
        counts[clusters][:, points],
        [names[PREDICTORS[p]] for p in points],
        unit="bits",
    )
    assert other.rss == pytest.approx(one.rss, abs=1e-10)
    for predictor, name in names.items():
        band, same = one.at(predictor, RATES), other.at(name, unit * RATES)
        np.testing.assert_allclose(same.distortion, band.distortion, atol=1e-5)
        np.testing.assert_allclose(same.error, band.error, atol=1e-4)


@given(st.integers(0, 2**32 - 1), st.integers(3, 9))
def test_more_bits_never_mean_more_distortion(seed: int, n_levels: int) -> None:
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0, 20, n_levels + 3)
    curve = fitted(rng.uniform(0, 1, (3, n_levels + 3)), rates, ["it"] * (n_levels + 3))
    values = curve.at("it", np.linspace(rates.min(), rates.max(), 50)).distortion
    assert (np.diff(values) <= 1e-12).all()
    assert values.min() >= -1e-12
    assert curve.b.value >= 0
    assert curve.C["it"].value >= 0
    assert 0 <= curve.D0["it"].value <= 1


def changed(array: np.ndarray, where: object, to: float) -> np.ndarray:
    array = np.array(array, float)
    array[where] = to
    return array


D, N = at_each(TRUTH, 3), np.ones((3, 12))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (RATES[:11], D, N, PREDICTORS),
            r"rates has shape \(11,\), distortions \(3, 12\), counts \(3, 12\), rates_left_out None, and there are ",
        ),
        (
            (RATES[:11], D, N, PREDICTORS),
            r"12 predictors; expected P rates and predictors, and \(K, P\) for all others that are given",
        ),
        ((RATES, D, N[:2], PREDICTORS), r"counts \(2, 12\)"),
        ((RATES, D[0], N[0], PREDICTORS), r"distortions \(12,\), counts \(12,\)"),
        ((RATES, D, 1.0, PREDICTORS), r"counts \(\)"),
        ((RATES, D, N, PREDICTORS[:11]), "there are 11 predictors"),
        ((RATES, D, N, PREDICTORS, RATES), r"rates_left_out \(12,\)"),
        ((changed(RATES, 1, np.nan), D, N, PREDICTORS), "rates holds numbers that are not finite; leave points"),
        ((RATES, D, N, PREDICTORS, np.full((3, 12), np.inf)), "rates_left_out holds numbers that are not finite"),
        ((RATES, D, changed(N, (0, 0), np.nan), PREDICTORS), "counts holds numbers that are not finite"),
        (
            (RATES, D, changed(N, (0, 0), -2), PREDICTORS),
            r"counts goes down to -2; expected 0 where a cluster is absent",
        ),
        (
            (RATES, changed(D, (1, 4), 1.25), N, PREDICTORS),
            r"distortions\[1, 4\] is 1\.25 with 1 items behind it; expected a mean distortion from 0 to 1",
        ),
        ((RATES, changed(D, (2, 3), -0.1), N, PREDICTORS), r"distortions\[2, 3\] is -0\.1"),
        ((RATES, changed(D, (2, 3), np.nan), N, PREDICTORS), r"distortions\[2, 3\] is nan .* set counts to 0 where"),
        ((RATES, D[:1], N[:1], PREDICTORS), r"point 0 has items of 1 cluster\(s\); the jackknife .* add documents"),
        ((RATES, D, changed(N, (slice(1, 3), 7), 0), PREDICTORS), r"point 7 has items of 1 cluster\(s\)"),
        ((RATES, D, changed(N, (slice(None), 7), 0), PREDICTORS), r"point 7 has items of 0 cluster\(s\)"),
        (
            (RATES[:7], D[:, :7], N[:, :7], PREDICTORS[:7]),
            r"7 points and 5 parameters \(b, then C and D0 for each of 2 predictors\) leave 2 residual degrees",
        ),
        (
            (RATES[:7], D[:, :7], N[:, :7], PREDICTORS[:7]),
            r"a fit needs 3: add 1 or more points \(compressors or lengths of note\), or fit fewer predictors",
        ),
        ((RATES[:3], D[:, :3], N[:, :3], ["x"] * 3), "3 points and 3 parameters .* leave 0 .* add 3 or more points"),
        (([], np.zeros((3, 0)), np.zeros((3, 0)), []), "0 points and 1 parameters .* leave -1"),
        (
            (np.full(12, 3.0), D, N, PREDICTORS),
            r"predictors '8B', '70B' were read at 1, 1 different rate\(s\); expected 2 or more for each and 3 for",
        ),
        ((changed(RATES, slice(6), 3.0), D, N, PREDICTORS), r"read at 1, 6 different rate\(s\)"),
        ((np.tile([1.0, 2.0], 6), D, N, PREDICTORS), r"read at 2, 2 different rate\(s\)"),
        ((RATES, D, N, PREDICTORS, np.vstack([RATES, RATES, np.ones(12)])), r"read at 1, 1 different rate\(s\)"),
    ],
)
def test_what_carries_no_curve_is_refused(arguments: tuple[object, ...], message: str) -> None:
    without = arguments[4] if len(arguments) > 4 else None
    with pytest.raises(InputError, match=message):
        fit(*arguments[:4], unit="bits", rates_left_out=without)  # type: ignore[arg-type]


def test_three_residual_degrees_of_freedom_are_enough() -> None:
    rates, predictors = RATES[:8], PREDICTORS[:8]  # the second predictor at two rates, which b is shared with
    np.testing.assert_allclose(numbers(fitted(TRUTH[:8], rates, predictors)), numbers(fitted(TRUTH)), rtol=1e-6)


def test_unknown_units_confidences_and_predictors_are_refused() -> None:
    with pytest.raises(InputError, match=r"unit is 'nats'; expected one of 'bits', 'bits per token'"):
        fit(RATES, D, N, PREDICTORS, unit="nats")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"confidence is 95; expected a probability strictly between 0 and 1"):
        fit(RATES, D, N, PREDICTORS, unit="bits", confidence=95)
    with pytest.raises(InputError, match=r"predictor '405B' was not fitted; expected one of 8B, 70B"):
        fitted(TRUTH).at("405B", 1.0)
