"""Pseudonyms: what remains of a pupil when the raw file has been read.

A VPR code is five digits, unique only within a school and a work, and the school's paper protocol links it to a
name. The code itself is therefore never stored. A work is called by a keyed hash (BLAKE2b, 80 bits) of procedure,
school and code.

The key is the user's own (a key file) or, without one, derived from the bytes of the raw file. Either way the same
input gives the same pseudonyms. Limits: whoever holds the raw file (or the key) can recompute them, but holds the
codes anyway; without it, trying all codes of a school is useless because the key is as unguessable as the file.
A corrected raw file gives new pseudonyms unless a key file is used. Rare values (class, sex, marks of a small
school) can still point at a pupil: works are for the authority's own machine, never for publication.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_BYTES = 10


def pseudonym_key(secret: bytes) -> bytes:
    """A key for `work_ids` from a key file's or a raw file's content; never stored (unlike the file's sha256)."""
    return hashlib.blake2b(secret, digest_size=32, person=b"merilo works").digest()


def work_ids(procedure_id: str, org_ids: Sequence[str], codes: Sequence[str], *, key: bytes) -> list[str]:
    """One pseudonym a work: 20 hexadecimal digits, equal for equal (procedure, school, code) and key."""
    begun = hashlib.blake2b(f"{procedure_id}\x1f".encode(), key=key, digest_size=_BYTES)

    def pseudonym(org_id: str, code: str) -> str:
        digest = begun.copy()
        digest.update(f"{org_id}\x1f{code}".encode())
        return digest.hexdigest()

    return list(map(pseudonym, org_ids, codes))
