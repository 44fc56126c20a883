"""Authorities with known truth, written in every input layout."""
