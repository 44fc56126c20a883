"""Russian sentences: every .po of the package -> .mo (both are committed; a test fails when they differ)."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parents[1] / "src" / "merilo" / "locale"

if __name__ == "__main__":
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        with po.open("rb") as written, po.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(written))
    print("compiled:", ", ".join(sorted(po.stem for po in LOCALE.glob("ru/LC_MESSAGES/*.po"))))
