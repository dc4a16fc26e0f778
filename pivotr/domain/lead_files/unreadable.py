"""The one error that a whole lead file can give."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pivotr.errors import InvalidInput

FileProblem: TypeAlias = Literal["no_email_column", "empty_file", "unsupported_format"]

_HINTS: dict[FileProblem, str] = {
    "no_email_column": "Name the column: pivotr leads import FILE --map email='Name of the column'",
    "empty_file": "Check that the export has finished and holds rows.",
    "unsupported_format": "Save the table as CSV (UTF-8) or .xlsx and import that.",
}


class UnreadableFile(InvalidInput):
    """No row of the file can be read as a lead; `problem` says why in one word."""

    def __init__(self, problem: FileProblem, sentence: str) -> None:
        super().__init__(sentence, hint=_HINTS[problem])
        self.problem: FileProblem = problem
        self.code = problem
