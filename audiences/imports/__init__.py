"""Imports of contacts from CSV files of any size: kept, checked, then written chunk by chunk by a task."""

from audiences.imports.report import errors_csv
from audiences.imports.run import resume_imports, run_import
from audiences.imports.start import ImportOptions, Preview, PreviewRow, preview, start_import

__all__ = [
    "ImportOptions",
    "Preview",
    "PreviewRow",
    "errors_csv",
    "preview",
    "resume_imports",
    "run_import",
    "start_import",
]
