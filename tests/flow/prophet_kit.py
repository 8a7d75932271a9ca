"""Prophet beside the C program tests/tools/prophet_fit.c: the same rows and settings to both."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("VANE_BUILD", ROOT / "build"))
DATA = ROOT / "tests/data/prophet"

logging.getLogger("cmdstanpy").disabled = True
logging.getLogger("prophet").setLevel(logging.ERROR)


def nanoseconds(times: pd.Series | pd.DatetimeIndex) -> list[int]:
    return pd.DatetimeIndex(times).as_unit("ns").asi8.tolist()


def rows(frame: pd.DataFrame, columns: list[str]) -> str:
    y = frame["y"] if "y" in frame else pd.Series(np.nan, index=frame.index)
    values = [y] + [frame[name].astype(float) for name in columns]
    lines = zip(nanoseconds(frame["ds"]), *values)
    return "".join(f"{row[0]}," + ",".join("" if np.isnan(v) else repr(float(v)) for v in row[1:]) + "\n" for row in lines)


def fit_c(history: pd.DataFrame, future: pd.DataFrame, **settings: Any) -> dict[str, Any]:
    """Runs prophet_fit; what it prints."""
    columns = settings.get("columns", [])
    text = json.dumps(settings) + "\n" + rows(history, columns) + "\n" + rows(future, columns)
    done = subprocess.run([BUILD / "tests/prophet_fit"], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def holiday_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Prophet's table of holidays as prophet_fit reads it."""
    given = table.to_dict("records")
    return [{**row, "ds": None, "day": (row["ds"] - pd.Timestamp("1970-01-01")).days} for row in given]


def log_posterior(model: Any) -> float:
    """The log posterior of Prophet's parameters, constants dropped, from its own data (prophet.stan)."""
    history, params = model.history, model.params
    k, m, sigma = (float(params[name].mean()) for name in ("k", "m", "sigma_obs"))
    delta, beta = params["delta"].mean(axis=0), params["beta"].mean(axis=0)
    features, scales, columns, _ = model.make_all_seasonality_features(history)
    t = history["t"].to_numpy()
    if model.growth == "linear":
        trend = model.piecewise_linear(t, delta, k, m, model.changepoints_t)
    elif model.growth == "logistic":
        trend = model.piecewise_logistic(t, history["cap_scaled"].to_numpy(), delta, k, m, model.changepoints_t)
    else:
        trend = np.full(len(t), m)
    x = features.to_numpy(float)
    mean = trend * (1 + x @ (beta * columns["multiplicative_terms"].to_numpy()))
    mean += x @ (beta * columns["additive_terms"].to_numpy())
    squares = float(((history["y_scaled"] - mean) ** 2).sum())
    priors = (k * k + m * m) / 50 + float(np.abs(delta).sum()) / model.changepoint_prior_scale
    priors += 2 * sigma * sigma + float((beta**2 / (2 * np.asarray(scales) ** 2)).sum())
    return -len(t) * float(np.log(sigma)) - squares / (2 * sigma * sigma) - priors
