"""Correlations are those of NumPy and SciPy, and their intervals hold what documents move."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, pearsonr, spearmanr
from scipy.stats import t as student

from agentbits import effects
from agentbits.errors import InputError

Array = np.ndarray


def measured(rng: np.random.Generator, x: Array, y: Array, n_clusters: int, noise: float) -> list[Array]:
    """Return (x, y) as measured on K documents, and as measured without each: what a document has, all points share."""
    shared = rng.normal(size=(2, n_clusters, 1)) + noise * rng.normal(size=(2, n_clusters, len(x)))
    of_documents = np.stack([x, y])[:, None] + shared
    sums = of_documents.sum(axis=1, keepdims=True)
    return [*of_documents.mean(axis=1), *((sums - of_documents) / (n_clusters - 1))]


@pytest.fixture
def points() -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=15)
    return z + rng.normal(size=15), z + rng.normal(size=15), z


def test_values_are_those_of_others(points: tuple[Array, Array, Array]) -> None:
    x, y, _ = points
    found = effects.correlation(x, y)
    assert found.pearson.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.spearman.value == pytest.approx(spearmanr(x, y).statistic)
    assert found.n_points == 15


def test_independent_points_have_the_interval_of_fisher(points: tuple[Array, Array, Array]) -> None:
    x, y, _ = points
    found, oracle = effects.correlation(x, y), pearsonr(x, y).confidence_interval(0.95)
    assert (found.pearson.low, found.pearson.high) == pytest.approx(oracle)
    assert found.pearson.error == pytest.approx((1 - found.pearson.value**2) / np.sqrt(12))
    assert found.pearson.method == found.spearman.method == "Fisher z of independent points, normal"
    assert (found.pearson.n_clusters, found.pearson.left_out) == (0, ())
    r = found.spearman.value
    margin = norm.ppf(0.975) * np.sqrt((1 + r**2 / 2) / 12)
    assert (found.spearman.low, found.spearman.high) == pytest.approx(
        np.tanh(np.arctanh(r) + np.array([-margin, margin]))
    )


def test_what_is_given_is_taken_out(points: tuple[Array, Array, Array]) -> None:
    x, y, z = points
    found = effects.correlation(x, y, z)
    rests = [one - np.polyval(np.polyfit(z, one, 1), z) for one in (x, y)]
    assert found.pearson.value == pytest.approx(np.corrcoef(*rests)[0, 1])
    ranks = [spearmanr(*pair).statistic for pair in ((x, y), (x, z), (y, z))]
    partial = (ranks[0] - ranks[1] * ranks[2]) / np.sqrt((1 - ranks[1] ** 2) * (1 - ranks[2] ** 2))
    assert found.spearman.value == pytest.approx(partial)
    z_low = np.arctanh(found.pearson.value) - norm.ppf(0.975) / np.sqrt(11)
    assert found.pearson.low == pytest.approx(np.tanh(z_low)), "one point fewer"


def test_the_jackknife_is_that_of_its_formula() -> None:
    rng = np.random.default_rng(1)
    x, y, *left_out = measured(rng, np.linspace(0, 3, 8), rng.normal(size=8), 12, 1.0)
    found = effects.correlation(x, y, left_out=left_out)
    z = np.arctanh([np.corrcoef(*pair)[0, 1] for pair in zip(*left_out, strict=True)])
    whole = np.arctanh(found.pearson.value)
    shift = 11 * (whole - z.mean())
    margin = student.ppf(0.975, 11) * np.sqrt(11 * np.var(z) + shift**2)
    assert (found.pearson.low, found.pearson.high) == pytest.approx(np.tanh(whole + shift + [-margin, margin]))
    assert found.pearson.method == "delete-one-cluster jackknife of Fisher z"
    assert found.pearson.corrected
    assert found.pearson.n_clusters == 12
    np.testing.assert_allclose(found.pearson.left_out, np.tanh(z))
    ranked = np.arctanh([spearmanr(*pair).statistic for pair in zip(*left_out, strict=True)])
    margin = student.ppf(0.975, 11) * np.sqrt(11 * np.var(ranked) + shift**2)
    assert found.spearman.low == pytest.approx(np.tanh(np.arctanh(found.spearman.value) + shift - margin))


def test_what_no_document_changes_may_be_given_once() -> None:
    rng = np.random.default_rng(2)
    size = np.linspace(0, 3, 8)
    x, y, *left_out = measured(rng, size, rng.normal(size=8), 12, 1.0)
    once = effects.correlation(x, y, size, left_out=[*left_out, size])
    often = effects.correlation(x, y, size, left_out=[*left_out, np.tile(size, (12, 1))])
    assert once == often
    assert once.pearson.low < once.pearson.value < once.pearson.high


@pytest.fixture(scope="module")
def coverage() -> dict[str, float]:
    """Return how often 95 % intervals hold the correlation of 60 points, measured on 20 noisy documents."""
    rng, held = np.random.default_rng(3), {"pearson": [], "spearman": [], "partial": [], "independent": []}
    for _ in range(200):
        x, y, z = points_of(rng, 60)
        x_hat, y_hat, *left_out = measured(rng, x, y, 20, 1.0)
        found, pearson = effects.correlation(x_hat, y_hat, left_out=left_out), np.corrcoef(x, y)[0, 1]
        partial = effects.correlation(x_hat, y_hat, z, left_out=[*left_out, z]).pearson
        held["pearson"].append(holds(found.pearson, pearson))
        held["spearman"].append(holds(found.spearman, spearmanr(x, y).statistic))
        held["partial"].append(holds(partial, effects.correlation(x, y, z).pearson.value))
        held["independent"].append(holds(effects.correlation(x_hat, y_hat).pearson, pearson))
    return {name: float(np.mean(hits)) for name, hits in held.items()}


def points_of(rng: np.random.Generator, n_points: int) -> tuple[Array, Array, Array]:
    x = 0.6 * rng.normal(size=n_points)
    return x, 0.4 * rng.normal(size=n_points) - x, 0.5 * x + 0.5 * rng.normal(size=n_points)


def holds(interval: effects.Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def test_clustered_intervals_hold_the_truth(coverage: dict[str, float]) -> None:
    assert min(coverage["pearson"], coverage["spearman"], coverage["partial"]) >= 0.92


def test_intervals_of_independent_points_do_not(coverage: dict[str, float]) -> None:
    assert coverage["independent"] < 0.75, "noise in both quantities pulls them to 0"


@pytest.mark.parametrize(("n_clusters", "noise"), [(20, 0.5), (60, 1.0)])
def test_few_points_are_enough_where_documents_agree(n_clusters: int, noise: float) -> None:
    rng, held, lengths = np.random.default_rng(4), [], []
    for _ in range(300):
        x, y, _ = points_of(rng, 12)
        x_hat, y_hat, *left_out = measured(rng, x, y, n_clusters, noise)
        found = effects.correlation(x_hat, y_hat, left_out=left_out).pearson
        held.append(holds(found, np.corrcoef(x, y)[0, 1]))
        independent = effects.correlation(x_hat, y_hat).pearson
        lengths.append((found.high - found.low) / (independent.high - independent.low))
    assert np.mean(held) >= 0.92
    assert np.median(lengths) < 0.9, "of these points; of others like them one knows less"


@settings(max_examples=25)
@given(st.permutations(range(8)), st.permutations(range(12)), st.floats(0.1, 10), st.floats(-5, 5))
def test_order_and_units_mean_nothing(points: list[int], clusters: list[int], factor: float, shift: float) -> None:
    rng = np.random.default_rng(5)
    x, y, *left_out = measured(rng, np.arange(8.0), rng.normal(size=8), 12, 1.0)
    first = effects.correlation(x, y, left_out=left_out)
    x_left_out, y_left_out = (one[clusters][:, points] for one in left_out)
    scaled = [factor * x_left_out + shift, y_left_out]
    other = effects.correlation(factor * x[points] + shift, y[points], left_out=scaled)
    for a, b in ((first.pearson, other.pearson), (first.spearman, other.spearman)):
        assert (a.value, a.error, a.low, a.high) == pytest.approx((b.value, b.error, b.low, b.high))
    swapped = effects.correlation(y, x, left_out=left_out[::-1])
    assert (swapped.pearson.low, swapped.spearman.high) == pytest.approx((first.pearson.low, first.spearman.high))


def test_perfect_agreement_has_no_interval() -> None:
    x = np.arange(5.0)
    found = effects.correlation(x, np.exp(x))
    assert (found.spearman.value, found.spearman.method) == (1, "none: perfect agreement has no finite Fisher's z")
    assert np.isnan([found.spearman.error, found.spearman.low, found.spearman.high]).all()
    assert found.pearson.low < found.pearson.value < found.pearson.high
    line = effects.correlation(x, -x)
    assert line.pearson.value == pytest.approx(-1)
    assert np.isnan(line.pearson.low)


def test_perfect_agreement_without_one_document_has_none_either() -> None:
    rng = np.random.default_rng(6)
    x, y, *left_out = measured(rng, np.arange(6.0), np.array([0, 2, 1, 3, 5, 4.0]), 8, 0.1)
    left_out[1][3] = np.sort(left_out[1][3])
    found = effects.correlation(x, y, left_out=left_out).spearman
    assert found.value < 1
    assert (found.n_clusters, found.method) == (8, "none: perfect agreement has no finite Fisher's z")


def test_ranks_have_no_interval_where_the_values_have_no_correction() -> None:
    rng = np.random.default_rng(7)
    y, z, *left_out = measured(rng, rng.normal(size=9), rng.normal(size=9), 8, 0.5)
    found = effects.correlation(2 * y + z, y, z, left_out=[2 * left_out[0] + left_out[1], *left_out])
    assert found.pearson.value == pytest.approx(1)
    assert found.spearman.value < 1
    assert found.spearman.method == "none: perfect agreement has no finite Fisher's z"


def test_what_the_given_alone_decides_has_no_correlation() -> None:
    x = np.array([0, 1, 2, 4, 9.0])
    found = effects.correlation(x, [3, 1, 2, 0, 5.0], x**2)
    assert np.isnan(found.spearman.value)
    assert np.isfinite(found.pearson.low)
    assert np.isnan(effects.correlation(x, [3, 1, 2, 0, 5.0], 2 * x + 1).pearson.value)


FIVE = np.array([0, 1, 3, 2, 5.0])


@pytest.mark.parametrize(
    ("arguments", "left_out", "message"),
    [
        ([FIVE[:3], FIVE[:3]], None, r"shapes are \(3,\), \(3,\); expected 2 times \(P,\) with P of 4 or more"),
        ([FIVE[:4]] * 3, None, r"expected 3 times \(P,\) with P of 5 or more, and none or 3 times \(K, P\)"),
        ([FIVE, FIVE[:4]], None, r"shapes are \(5,\), \(4,\); expected 2 times"),
        ([1.0, 2.0], None, r"shapes are \(\), \(\); expected 2 times"),
        ([[FIVE], [FIVE]], None, r"shapes are \(1, 5\), \(1, 5\); expected 2 times"),
        ([FIVE, FIVE], [np.ones((6, 4))] * 2, r"shapes are \(5,\), \(5,\), \(6, 4\), \(6, 4\); expected 2"),
        ([FIVE, FIVE], [np.ones((6, 5))], r"shapes are \(5,\), \(5,\), \(6, 5\); expected 2 times"),
        ([FIVE, FIVE], [np.ones((6, 5)), np.ones((7, 5))], r"\(6, 5\), \(7, 5\); expected 2 times"),
        (
            [FIVE, np.ones(5)],
            None,
            r"^y is constant or not finite, perhaps without one of the clusters; expected finite",
        ),
        ([FIVE, FIVE, np.full(5, 0.1)], None, r"^given is constant or not finite.*: leave out what could not be"),
        ([[0, 1, 2, np.nan], FIVE[:4]], None, r"^x is constant or not finite"),
        ([FIVE, FIVE], [np.vstack([np.tile(FIVE, (5, 1)), np.ones(5)]), FIVE], r"^x is constant or not finite"),
        ([FIVE, FIVE[::-1]], [np.tile(FIVE, (4, 1)), FIVE[::-1]], r"the number has 4 clusters; expected at least 5"),
    ],
)
def test_what_has_no_correlation_is_refused(arguments: list[Array], left_out: list[Array] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        effects.correlation(*arguments, left_out=left_out)


def test_a_confidence_is_a_probability() -> None:
    with pytest.raises(InputError, match=r"confidence is 95; expected a probability strictly between 0 and 1"):
        effects.correlation(FIVE, FIVE[::-1], confidence=95)
