"""The `merilo` command: the same cycle on folders, without a site.

Exit codes: 0 done; 1 a defect of Merilo; 2 wrong use; 3 input; 4 definition; 5 statistics; 6 output (errors.py);
130 stopped by Ctrl+C.
"""

import os

# Before numpy is loaded: small matrices are slower with several threads, and `--workers` uses the processors.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from merilo.cli import commands as commands  # noqa: E402 (registers the commands)
from merilo.cli import explaining as explaining  # noqa: E402
from merilo.cli.app import app  # noqa: E402
from merilo.cli.entry import main  # noqa: E402

__all__ = ["app", "main"]
