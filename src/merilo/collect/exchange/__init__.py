"""Raw exchange files -> the authority folder of formats.md.

    files = [Path("по математике, 5 класс. ВПР 2021.xlsx")]
    outcome = import_files(files, Path("town"), definitions=load_definitions())

The form is recognised from its content: regional exports of 2020 and 2021, the form of 2022, the collection form
«Форма сбора результатов», Ф1 «Индивидуальные результаты», the item plan (ALL, KS, KT), «Протокол проверки» of the state
exams. Names and documents are not kept; whatever is not accepted as it stands is in `rejected_rows.csv`.
"""

from merilo.collect.exchange.importing import import_files
from merilo.collect.exchange.official_importing import OfficialListOutcome, import_official_list
from merilo.collect.exchange.outcome import FileOutcome, ImportOutcome

__all__ = ["FileOutcome", "ImportOutcome", "OfficialListOutcome", "import_files", "import_official_list"]
