"""The figures: one module each; figure.py says what a figure is."""
