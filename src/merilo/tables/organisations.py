"""Organisations of the authority."""

from merilo.tables.schema import Table, text

KINDS = ("school", "gymnasium", "lyceum", "centre", "special", "authority")

ORGANISATIONS = Table(
    name="organisations",
    key=("org_id",),
    meaning="Organisations of the authority",
    meaning_ru="Организации муниципалитета",
    columns=(
        text("org_id", "code of the organisation", "код организации", required=True),
        text("name", "name", "название"),
        text("kind", "school, gymnasium, lyceum, centre, special, authority", "вид организации"),
        text("municipality", "municipality", "муниципалитет"),
        text("district", "poly-system educational district", "полисистемный образовательный округ"),
        text("locality", "town or village", "населённый пункт"),
    ),
)
