"""Paths of templates and static files: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_ROOT = PACKAGE if (PACKAGE / "widgets").is_dir() else PACKAGE.parent

WIDGETS = _ROOT / "widgets"
STATIC = _ROOT / "static"
TRANSLATIONS = PACKAGE / "translations"
MIGRATIONS = PACKAGE / "migrations"
