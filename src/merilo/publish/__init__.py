"""The only exit: tables -> workbook, figures, report; always through disclosure."""
