"""A licensure exam with 46 examinees flagged by the vendor (Cizek & Wollack 2017, Handbook of Quantitative Methods for
Detecting Cheating on Tests; data CredentialForm1 of the R package LNIRT): who stands out by options, by the whole road.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from published_folders import credential_folder

from merilo.check.options import option_evidence, similar_pairs
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions


@pytest.mark.published
def test_flagged_examinees_are_among_the_similar_pairs_of_their_centres(
    published: Callable[[str], Path], tmp_path: Path
):
    source = published("CredentialForm1")
    table = pl.read_csv(source / "CredentialForm1.csv.gz", columns=["EID", "Flagged"])
    flagged = set(table.filter(pl.col("Flagged") == 1)["EID"])
    (sitting,) = sittings_of(credential_folder(source, tmp_path / "exam"), tmp_path / "scratch")
    definitions = load_definitions(())
    pairs = similar_pairs(sitting, definitions)
    # measured: 20 pairs of 5,560 within centres, 23 people in them, of whom 8 are flagged (0.6 expected by chance)
    people = set(pairs["first_work"]) | set(pairs["second_work"])
    assert (pairs["pairs_n"] == 5560).all()
    assert (pairs["q_value"] <= definitions.run.flag_limit).all()
    assert (pairs["room"].is_not_null()).all()
    assert len(people & flagged) >= 0.25 * len(people)
    assert len(people & flagged) >= 6
    (evidence,) = option_evidence(sitting, definitions)
    z = evidence.z[~np.isnan(evidence.z)]
    assert len(z) > 50
    # schools of candidates from all over the world; nobody is known to be honest, so only the middle is held to be
    assert abs(np.median(z)) < 0.4
