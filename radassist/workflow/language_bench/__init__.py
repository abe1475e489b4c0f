"""How well a language pack does: the table that `radassist models bench-language` prints.

===============  ==============================================================================
``cases``        reads ``resources/bench``: reports, 120 edits, 60 questions, ids of reports
``edits``        one chat edit against what was expected, statement by statement
``asking``       one answer against what was expected, and what in it nothing holds
``impressions``  an impression written from findings, against the one a radiologist wrote
``table``        all of it for one pack, with the bars it is held to
===============  ==============================================================================

Nothing here prints, reads a clock of its own or knows an engine: the caller gives the model and the
folder, and gets rows.
"""

from radassist.workflow.language_bench.cases import BenchCases, load_cases
from radassist.workflow.language_bench.table import Table, measure, rendered

__all__ = ["BenchCases", "Table", "load_cases", "measure", "rendered"]
