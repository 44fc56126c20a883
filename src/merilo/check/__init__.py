"""Evidence on objectivity with stated error rates: what asks to be verified, how sure, and how often that is wrong.

`sitting` is what a procedure gives; one module per kind of evidence makes `Evidence` of it; `combining` puts procedures
and kinds together; `tables` writes rows. Formulas stand in `methods`.
"""
