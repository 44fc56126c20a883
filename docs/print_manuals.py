"""Print what comes from code: docs/tables.md, docs/definitions.md and the columns in GLOSSARY.md."""

from pathlib import Path

from merilo.definitions.manual import manual as definitions_manual
from merilo.tables.manual import glossary
from merilo.tables.manual import manual as tables_manual

DOCS = Path(__file__).parent

if __name__ == "__main__":
    (DOCS / "tables.md").write_text(tables_manual(), encoding="utf-8")
    (DOCS / "definitions.md").write_text(definitions_manual(), encoding="utf-8")
    words = DOCS.parent / "GLOSSARY.md"
    words.write_text(glossary(words.read_text(encoding="utf-8")), encoding="utf-8")
    print("docs/tables.md, docs/definitions.md, GLOSSARY.md")
