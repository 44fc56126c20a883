"""Statistics that know only numbers: arrays in, frozen dataclasses out (numpy and scipy, nothing above)."""
