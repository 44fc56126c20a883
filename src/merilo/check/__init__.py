"""Objectivity: evidence per school, procedure and kind.

The columns stand ready in `tables.objectivity`; the evidence comes together with its error rates.
"""
