"""Templates compiled once for all apps of a run; compiling those of the admin for each of a thousand tests takes minutes."""

from __future__ import annotations

from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Code by template, its source and what else of its environment becomes part of the code."""

    def __init__(self) -> None:
        self.code: dict[Any, CodeType] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        known = (environment.extensions.keys(), environment.filters.items(), environment.tests.items())
        bucket = Bucket(environment, (name, filename, source, *map(frozenset, known)), "")  # type: ignore[arg-type]
        bucket.code = self.code.get(bucket.key)
        return bucket

    def set_bucket(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.code[bucket.key] = bucket.code


def compile_once() -> None:
    """Give all apps that are made from now on the same compiled templates."""
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
