"""Imports of contacts from files of any size: kept, read into staging, then written chunk by chunk by a task."""

from audiences.imports.preview import Preview, PreviewRow, preview
from audiences.imports.report import errors_csv
from audiences.imports.run import run_import
from audiences.imports.start import ImportOptions, start_import
from audiences.imports.tidy import cancel_import, resume_imports

__all__ = [
    "ImportOptions",
    "Preview",
    "PreviewRow",
    "cancel_import",
    "errors_csv",
    "preview",
    "resume_imports",
    "run_import",
    "start_import",
]
