"""Columns that several tables share."""

from __future__ import annotations

from merilo.tables.schema import count, text

PROCEDURE_ID = text("procedure_id", "procedure", "процедура", required=True)
ORG_ID = text("org_id", "organisation (school)", "организация (школа)", required=True)
ITEM_ID = text("item_id", "item", "задание", required=True)
SKILL = text("skill", "skill code of the item plan", "код умения по плану варианта", required=True)
N = count("n", "works scored", "число работ", required=True)
ABSENT_N = count("absent_n", "pupils entered but absent", "число отсутствовавших")
NOTE = text("note", "why a value is missing, or what to mind", "почему значения нет или что учесть")
