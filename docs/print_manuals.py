"""Print the manuals that come from code: docs/tables.md and docs/definitions.md."""

from pathlib import Path

from merilo.definitions.manual import manual as definitions_manual
from merilo.tables.manual import manual as tables_manual

DOCS = Path(__file__).parent

if __name__ == "__main__":
    (DOCS / "tables.md").write_text(tables_manual(), encoding="utf-8")
    (DOCS / "definitions.md").write_text(definitions_manual(), encoding="utf-8")
    print("docs/tables.md, docs/definitions.md")
