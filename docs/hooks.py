"""The parts of the manual that are made from the code: where a page says ``<!-- generated: settings -->`` and the like."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from blinker import NamedSignal
from flask import Flask

from storefront_plugin import MemoryCatalog, Storefront, signals, testing
from storefront_plugin.bundles.price_kinds import RULES
from storefront_plugin.bundles.spreadsheet import columns
from storefront_plugin.cli import storefront as commands
from storefront_plugin.core.folders import WIDGETS
from storefront_plugin.core.settings import described
from storefront_plugin.web.widgets import contexts, slot_contexts

FOLDER = Path(__file__).parent
_PART = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def on_config(config: Any) -> None:
    """Called by MkDocs at first: the navigation gets a line for each decision."""
    menu = next(entry["Decisions"] for entry in config["nav"] if "Decisions" in entry)
    menu += [f"decisions/{page.name}" for page in _decisions()]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page: *markdown* with its generated parts."""
    return _PART.sub(lambda part: PARTS[part[1]](), markdown)


def settings() -> str:
    """A row for each setting."""
    rows = [(f"`{key}`", f"`{default!r}`", _escaped(meaning)) for key, default, meaning in described()]
    return _table(("key", "default", "meaning"), rows)


def generated_signals() -> str:
    """A heading and what is said of each signal."""
    names = [name for name, value in vars(signals).items() if isinstance(value, NamedSignal)]
    return "\n\n".join(
        f"## `{name}`\n\n{_code(text)}" for name, text in _attribute_docs(signals).items() if name in names
    )


def generated_commands() -> str:
    """The help of each command."""
    return "\n\n".join(_command(name, command) for name, command in commands.commands.items())


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"flask storefront {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [(f"`{given}`", _escaped(meaning)) for given, meaning in _options(command, context)]
    options = _table(("option", "meaning"), rows) if rows else ""
    return f"## `{name}`\n\n```text\nflask storefront {name} {usage}\n```\n\n{inspect.cleandoc(command.help or '')}\n\n{options}"


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[0] != "--help":
            yield record


def templates() -> str:
    """A heading for each template, with the comment that it opens with."""
    return "\n\n".join(_template(path) for path in sorted(WIDGETS.glob("*.html")))


def _template(path: Path) -> str:
    comment = re.match(r"\{#-(.*?)-#\}", path.read_text(encoding="utf-8"), re.DOTALL)
    summary, _, names = inspect.cleandoc(comment[1] if comment else "").partition("\n\n")
    return f"## {path.name}\n\n{_code(summary)}\n\n" + (f"```text\n{inspect.cleandoc(names)}\n```" if names else "")


def template_contexts() -> str:
    """A heading and a table for each class that a template gets."""
    return "\n\n".join(_context(kind) for module in (contexts, slot_contexts) for kind in _classes_of(module))


def _classes_of(module: ModuleType) -> list[type]:
    return [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]


def _context(kind: type) -> str:
    summary, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:\n")
    found = re.findall(r"^ {4}([\w, ]+): (.*(?:\n {8,}.*)*)", attributes, re.MULTILINE)
    rows = [(f"`{name}`", _code(re.sub(r"\s+", " ", meaning))) for name, meaning in found]
    return f"## {kind.__name__}\n\n{_code(summary.strip())}\n\n{_table(('name', 'what'), rows)}"


def csv() -> str:
    """The columns, as the module's table explains them."""
    rows: list[list[str]] = []
    for line in inspect.cleandoc(columns.__doc__ or "").split("\n")[3:-1]:
        names, meaning = line[:24].strip(), line[24:].strip()
        if names and not (rows and rows[-1][0].endswith(",")):
            rows.append([names, meaning])
        else:
            rows[-1] = [f"{rows[-1][0]} {names}".strip(), f"{rows[-1][1]} {meaning}".strip()]
    named = [[", ".join(f"`{name}`" for name in re.split(r",\s*", names)), _code(meaning)] for names, meaning in rows]
    return _table(("columns", "content"), named)


def price_kinds() -> str:
    """A row for each kind of price, from its class."""
    rows = [
        (
            f"`{name}`",
            rule.label,
            _code(inspect.getdoc(rule) or ""),
            f"`{rule.field}`",
            ", ".join(map(_quoted, rule.bundles)),
        )
        for name, rule in RULES.items()
    ]
    return _table(("kind", "in the admin", "what it saves", "needs", "kinds of bundles"), rows)


def contracts() -> str:
    """The promises of each contract."""
    return "\n\n".join(_contract(getattr(testing, name)) for name in testing.__all__)


def _contract(kind: type) -> str:
    tests = [one for name, one in vars(kind).items() if name.startswith("test_")]
    lines = [
        f"- {one.__name__.removeprefix('test_').replace('_', ' ')}: {_code(inspect.getdoc(one) or '')}" for one in tests
    ]
    return f"## {kind.__name__}\n\n{_code(inspect.getdoc(kind) or '')}\n\n" + "\n".join(lines)


def decisions() -> str:
    """A link to each decision, by title."""
    return "\n".join(
        f"- [{page.read_text(encoding='utf-8').splitlines()[0][2:]}]({page.name})" for page in _decisions()
    )


def _decisions() -> list[Path]:
    return [page for page in sorted((FOLDER / "decisions").glob("*.md")) if page.name != "index.md"]


def api() -> str:
    """The OpenAPI document that an app serves, as a page."""
    app = Flask("manual")
    app.config["SECRET_KEY"] = "manual"  # noqa: S105
    Storefront(app, catalog=MemoryCatalog([]))
    document: dict[str, Any] = json.loads(app.test_client().get("/storefront/api/openapi.json").text)
    paths = [
        _operation(method, path, ways[method], ways.get("parameters", []))
        for path, ways in document["paths"].items()
        for method in ("get", "post")
        if method in ways
    ]
    schemas = [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n\n".join([*paths, "## Objects", *schemas])


def _operation(method: str, path: str, operation: Mapping[str, Any], shared: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"`{one['name']}`" + (" (required)" if one.get("required") else ""),
            _type(one["schema"]),
            _escaped(one.get("description", one["schema"].get("description", ""))),
        )
        for one in [*shared, *operation.get("parameters", [])]
    ]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    text = f"{operation.get('summary', '')}. {operation.get('description', '')}".strip()
    asks = _table(("parameter", "type", "meaning"), rows)
    if body := operation.get("requestBody"):
        asks = f"Takes {_type(body['content']['application/json']['schema'])}."
    return f"## {method.upper()} {path}\n\n{text}\n\n{asks}\n\nAnswers {_type(answer)}."


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    rows = [
        (f"`{key}`", _type(one) + (", or null" if one.get("nullable") else ""), _escaped(one.get("description", "")))
        for key, one in schema.get("properties", {}).items()
    ]
    return f"### {name}\n\n{_table(('field', 'type', 'meaning'), rows)}"


def _type(schema: Mapping[str, Any]) -> str:
    """A JSON type in words; objects link to theirs."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for several in (schema[way] for way in ("allOf", "anyOf") if way in schema):
        return " or ".join(
            "null" if one.get("nullable") else _type(one) for one in sorted(several, key=str, reverse=True)
        )
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    default = f", {schema['default']} by default" if schema.get("default") not in (None, []) else ""
    kind = schema.get("type", "any")
    return ("decimal, as text" if schema.get("format") == "decimal" else str(kind)) + default


def _attribute_docs(module: ModuleType) -> dict[str, str]:
    """The text below each assignment of *module*."""
    source = inspect.getsource(module)
    found = re.findall(r'^(\w+) = [^\n]*\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.split()) for name, text in found}


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _quoted(name: str) -> str:
    return f"`{name}`"


def _code(text: str) -> str:
    """*text* of a docstring, whose double backticks Markdown has single."""
    return re.sub(r"``(.*?)``", r"`\1`", text)


PARTS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "signals": generated_signals,
    "commands": generated_commands,
    "templates": templates,
    "contexts": template_contexts,
    "csv": csv,
    "price_kinds": price_kinds,
    "contracts": contracts,
    "decisions": decisions,
    "json": api,
}
