"""The municipal report («аналитическая справка») as PDF: blocks of words, tables and figures, set by typst."""

from merilo.publish.report.document import write_report

__all__ = ["write_report"]
