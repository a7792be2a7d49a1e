"""Write, as JSON, mutual informations that the package benchmark-mi gives in closed form.

It does not resolve with our pins, so `make calibrate` runs this in an environment of its own.
"""

import json
import sys
from importlib.metadata import version
from itertools import product
from typing import Any

import jax
import numpy as np
from bmi.samplers import AdditiveUniformSampler, SplitMultinormal, SplitStudentT

DISPERSIONS = [  # of (X, Y), where X and Y have the same dimension
    [[1.0, 0.0], [0.0, 1.0]],
    [[1.0, 0.6], [0.6, 1.0]],
    [[2.0, -0.9], [-0.9, 0.5]],
    [[1.0, 0.3, 0.5, 0.1], [0.3, 1.5, 0.2, -0.6], [0.5, 0.2, 0.8, 0.1], [0.1, -0.6, 0.1, 2.0]],
    [
        *([1.0, 0.3, 0.0, 0.5, 0.1, 0.2], [0.3, 1.5, -0.2, 0.0, -0.6, 0.1], [0.0, -0.2, 0.7, 0.1, 0.2, 0.3]),
        *([0.5, 0.0, 0.1, 0.8, 0.1, 0.0], [0.1, -0.6, 0.2, 0.1, 2.0, 0.4], [0.2, 0.1, 0.3, 0.0, 0.4, 1.2]),
    ],
]
MEANING = {
    SplitMultinormal: "covariance of (X, Y), mean 0",
    SplitStudentT: "dispersion of (X, Y), location 0; the covariance is df / (df - 2) * dispersion",
    AdditiveUniformSampler: "Y = X + N, X ~ Uniform(0, 1), N ~ Uniform(-epsilon, epsilon)",
}


def row(kind: Any, **parameters: Any) -> dict[str, Any]:
    """Record one distribution, by its class and the arguments that build it."""
    value = float(kind(**parameters).mutual_information())
    described = {"distribution": kind.__name__, "parametrisation": MEANING[kind], "parameters": parameters}
    return {**described, "information_nats": value, "how": "exact", "bmi version": version("benchmark-mi")}


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    rows: list[dict[str, Any]] = []
    for dim, rho in product((1, 2, 3, 5), (0.3, 0.6, 0.9)):
        pairs = np.kron([[1.0, rho], [rho, 1.0]], np.eye(dim))  # X_i correlates with Y_i alone
        dense = np.where(np.eye(2 * dim) == 1, 1.0, rho)  # every two coordinates correlate
        covariances = [pairs.tolist(), dense.tolist()][: min(dim, 2)]  # the same matrix when dim is 1
        rows += [row(SplitMultinormal, dim_x=dim, dim_y=dim, covariance=covariance) for covariance in covariances]
    for dispersion, df in product(DISPERSIONS, (3, 5, 10)):
        dim = len(dispersion) // 2
        rows.append(row(SplitStudentT, dim_x=dim, dim_y=dim, df=df, dispersion=dispersion))
    rows += [row(AdditiveUniformSampler, epsilon=epsilon) for epsilon in (0.1, 0.25, 0.5, 0.75, 2.0)]
    sys.stdout.write("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
