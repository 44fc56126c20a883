"""Objectivity: evidence per school, procedure and kind. The columns stand ready in `tables`; the evidence comes with its error rates."""
