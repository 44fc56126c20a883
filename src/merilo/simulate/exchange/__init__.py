"""The same procedures written as the exchange forms that people have (see the design's forms)."""
