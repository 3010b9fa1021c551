"""Prices of consumers in the United States, by which money of different years is compared."""

from __future__ import annotations

import polars as pl

FIRST_YEAR = 1913
BASE_YEAR = 2024
"""Real dollars are dollars of this year."""

_AVERAGES = (
    *(9.9, 10.0, 10.1, 10.9, 12.8, 15.1, 17.3),  # 1913 to 1919
    *(20.0, 17.9, 16.8, 17.1, 17.1, 17.5, 17.7, 17.4, 17.1, 17.1),  # 1920s
    *(16.7, 15.2, 13.7, 13.0, 13.4, 13.7, 13.9, 14.4, 14.1, 13.9),  # 1930s
    *(14.0, 14.7, 16.3, 17.3, 17.6, 18.0, 19.5, 22.3, 24.1, 23.8),  # 1940s
    *(24.1, 26.0, 26.5, 26.7, 26.9, 26.8, 27.2, 28.1, 28.9, 29.1),  # 1950s
    *(29.6, 29.9, 30.2, 30.6, 31.0, 31.5, 32.4, 33.4, 34.8, 36.7),  # 1960s
    *(38.8, 40.5, 41.8, 44.4, 49.3, 53.8, 56.9, 60.6, 65.2, 72.6),  # 1970s
    *(82.4, 90.9, 96.5, 99.6, 103.9, 107.6, 109.6, 113.6, 118.3, 124.0),  # 1980s
    *(130.7, 136.2, 140.3, 144.5, 148.2, 152.4, 156.9, 160.5, 163.0, 166.6),  # 1990s
    *(172.2, 177.1, 179.9, 184.0, 188.9, 195.3, 201.6, 207.342, 215.303, 214.537),  # 2000s
    *(218.056, 224.939, 229.594, 232.957, 236.736),  # 2010 to 2014
    *(237.017, 240.007, 245.120, 251.107, 255.657),  # 2015 to 2019
    *(258.811, 270.970, 292.655, 304.702, 313.689, 321.943),  # 2020 to 2025
)
CPI: dict[int, float] = {FIRST_YEAR + place: value for place, value in enumerate(_AVERAGES)}
"""Annual averages of the consumer price index for all urban consumers, all items, U.S. city
average, not seasonally adjusted, 1982-84 = 100: series CUUR0000SA0 of the U.S. Bureau of Labor
Statistics. The average of 2025 lacks October, for which no prices were collected."""

LAST_YEAR = max(CPI)


def real_usd(usd: pl.Expr, year: pl.Expr) -> pl.Expr:
    """Nominal dollars of a year in dollars of :data:`BASE_YEAR`; null where either is unknown.

    Years outside the table count as its first or last.
    """
    level = year.clip(FIRST_YEAR, LAST_YEAR).replace_strict(CPI, return_dtype=pl.Float64)
    # The ratio first: money of the base year then stays as it is, to the last digit.
    return usd * (CPI[BASE_YEAR] / level)
