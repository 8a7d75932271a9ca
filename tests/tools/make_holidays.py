#!/usr/bin/env python3
"""Writes config/holidays/XX.csv (`ds,holiday`) of some countries from the PyPI package `holidays`, as Prophet names them.

    build/venv/bin/python tests/tools/make_holidays.py [COUNTRY...]
"""

import csv
import sys
from pathlib import Path

import holidays

ROOT = Path(__file__).resolve().parents[2]
YEARS = range(1995, 2046)
COUNTRIES = ["AT", "AU", "BE", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IN", "IT", "JP",
             "KR", "MX", "NL", "NO", "NZ", "PL", "PT", "SE", "SG", "TR", "US", "ZA"]


def write(country: str) -> None:
    days = holidays.country_holidays(country, years=YEARS, language="en_US")
    rows = [(day.isoformat(), name) for day in sorted(days) for name in days.get_list(day)]
    path = ROOT / "config/holidays" / f"{country}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["ds", "holiday"])
        out.writerows(rows)


def main() -> None:
    for country in sys.argv[1:] or COUNTRIES:
        write(country)


if __name__ == "__main__":
    main()
