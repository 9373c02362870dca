"""The demo study that the acceptance tests make, asked for under the same names."""

from tests.acceptance.conftest import cache, cut_off, demo, lab

__all__ = ["cache", "cut_off", "demo", "lab"]
