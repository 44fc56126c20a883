"""The authority's Excel workbook."""

from merilo.publish.workbook.book import write_workbook

__all__ = ["write_workbook"]
