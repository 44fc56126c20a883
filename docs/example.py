"""A tour of Merilo in Python, in cells (`# %%`): run it whole, or cell by cell in an editor that knows notebooks.

    .venv/bin/python docs/example.py [AUTHORITY_FOLDER]

Without a folder a small town is simulated first.
"""

# %% A folder to read: yours, or a simulated town of eight schools whose truth is known.
import sys
import tempfile
from pathlib import Path

import polars as pl

import merilo
from merilo.errors import MeriloError
from merilo.simulate import simulate
from merilo.tables import TABLES

given = sys.argv[1:] if Path(sys.argv[0]).stem == "example" else []
scratch = tempfile.TemporaryDirectory()
if given:
    town = Path(given[0])
else:
    town = Path(scratch.name) / "town"
    simulate(town, schools=8, seed=7, years=2, works=("MA4", "MA5", "RU5"))

# %% One call runs the whole cycle. Without `out` nothing is written; tables come back as polars frames.
result = merilo.run(town)
print({name: frame.height for name, frame in result.tables.items()})

# %% The manifest says what was run on what; the same inputs and seed give the same run_id everywhere.
print(result.manifest["run_id"], result.manifest["merilo_version"], result.manifest["seed"])

# %% Procedures: what was held, how many works, how precise a pupil's score is.
procedures = result.tables["procedures"]
print(
    procedures.select(
        "procedure_id", "n", "absent_n", "mean_points", "sd_points", "alpha", "sem_points", "vpc"
    )
)

# %% Items of one procedure, hardest first. `note` says why a value is missing.
procedure_id = procedures["procedure_id"][0]
items = result.tables["items"].filter(pl.col("procedure_id") == procedure_id)
print(
    items.sort("difficulty_logits", descending=True).select(
        "item_id", "n", "mean_share", "difficulty_logits", "note"
    )
)

# %% Schools beside what was expected of them, each with its n and its interval. In the order of their ids:
# an order by effect would be a league table, and with these intervals a wrong one.
effects = result.tables["school_effects"]
print(
    effects.filter(pl.col("procedure_id") == procedure_id, pl.col("kind") == "raw")
    .sort("org_id")
    .select("org_id", "n", "effect_points", "effect_points_lower", "effect_points_upper", "reliability")
)

# %% Where prior scores exist, the same against pupils who started from the same score.
print(effects.filter(pl.col("kind") == "value_added").group_by("procedure_id").len().sort("procedure_id"))

# %% Low results: the official rule, how sure it is, and whether chance could turn it.
low = result.tables["low_results"]
print(low.select("org_id", "procedures_n", "low_procedures_n", "listed", "probability", "stability"))

# %% Deficits in pupils: hypotheses about teaching, not diagnoses. Only where the interval leaves out zero.
deficits = result.tables["deficits"]
clear = deficits.filter(pl.col("own_share") + 1.96 * pl.col("own_share_se") < 0)
print(
    clear.sort("pupils_equivalent").select(
        "procedure_id", "org_id", "skill", "n", "own_share", "pupils_equivalent"
    )
)

# %% What was not accepted as it stood, by rule.
print(result.tables["rejected_rows"].group_by("rule").len().sort("rule"))

# %% What does an empty cell, a unit or a column mean? The tables know.
for column in TABLES["school_effects"].columns:
    print(f"{column.name:22} {column.unit or '—':8} {column.meaning}")

# %% Errors are sentences: the rule, the place, the next step.
try:
    merilo.run(town / "no such folder")
except MeriloError as error:
    print(error.exit_code, error.sentence())

# %% With `out` the tables, the workbook, the report and the manifest are written to a new folder, whole or not at all:
# merilo.run(town, "results")
scratch.cleanup()
