"""A pytest plugin that leaves moto's facts uncorrected: the test of each fact has to notice."""

from __future__ import annotations

from sandbox.emulator import corrections

corrections.corrected_facts = list
