"""What a run says of one school: sentences and figures, for the centre and the school."""

from merilo.publish.explanation.document import (
    blocks_of,
    default_path,
    explain,
    print_explanation,
    write_explanation,
)
from merilo.publish.explanation.reading import read_run

__all__ = ["blocks_of", "default_path", "explain", "print_explanation", "read_run", "write_explanation"]
