"""What the documents say exists: files, settings with their defaults, commands, routes, words."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from backend import cli
from backend.accounts.rights import RIGHTS
from backend.db import Table
from backend.exchange.kinds import NAMES, kind_of
from backend.settings import Settings
from gis.columns import personal_reason

ROOT = Path(__file__).resolve().parents[2]
TOP = [ROOT / name for name in ("README.md", "README.en.md", "CHANGELOG.md", "CONTRIBUTING.md")]
DOCUMENTS = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
OPERATIONS = (ROOT / "docs/guide/operations.md").read_text("utf-8")
GLOSSARY = (ROOT / "docs/glossary.md").read_text("utf-8")

# Read by commands and the compose file, and so no part of the tree of settings.
OTHER_VARIABLES = {
    "GRIDLINK_PASSWORD",
    "GRIDLINK_CAMERA_PASSWORD",
    "GRIDLINK_DB_PASSWORD",
    "GRIDLINK_CAMERA_NETS",
    "GRIDLINK_TIANDITU_KEY",
}
MADE_LATER = ("var/", ".venv/", "backend/console_dist")


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- files -----------------------------------------------------------------------------------


def links(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://")):
            yield target


@pytest.mark.parametrize("document", DOCUMENTS, ids=short)
def test_every_link_leads_to_a_file_of_the_repository(document: Path) -> None:
    targets = [link.partition("#")[0] for link in links(document.read_text("utf-8"))]
    missing = [t for t in targets if t and not (document.parent / t).resolve().exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=short)
def test_every_path_in_code_type_exists(document: Path) -> None:
    folders = "backend|gis|video|web|data|tests|docs|scripts"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", document.read_text("utf-8"))
    missing = {n for n in named if not n.startswith(MADE_LATER) and not (ROOT / n).exists()}
    assert missing == set()


def test_both_readmes_show_the_same_commands() -> None:
    chinese, english = (set(commands(ROOT / f"README{x}.md")) for x in ("", ".en"))
    assert chinese == english


def test_the_documents_name_no_home_folder_of_a_machine() -> None:
    telling = re.compile(r"(?<![\w.])/(?:work|tmp|home|root|Users)/")
    assert [short(d) for d in DOCUMENTS if telling.search(d.read_text("utf-8"))] == []


# --- decision records ------------------------------------------------------------------------


def test_decision_records_are_numbered_without_a_gap_and_indexed() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    assert [int(r.name[:4]) for r in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert [r.name for r in RECORDS if f"({r.name})" not in index] == []


@pytest.mark.parametrize("record", RECORDS, ids=short)
def test_a_decision_record_has_its_parts_and_a_chinese_line(record: Path) -> None:
    text = record.read_text("utf-8")
    assert text.startswith(f"# {record.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences"]
    assert re.search(r"^摘要：.*[\u4e00-\u9fff]", text, re.M)
    assert re.search(r"^Status: \w+", text, re.M)


# --- settings --------------------------------------------------------------------------------


def leaves(branch: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield each setting's variable with its default."""
    for name, field in branch.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field.default


SETTINGS = dict(leaves(Settings, "GRIDLINK_"))


@pytest.mark.parametrize("variable", sorted(SETTINGS))
def test_operations_lists_every_setting_with_its_default(variable: str) -> None:
    row = re.search(rf"^\| `{variable}` \| (.+?) \| .+ \|$", OPERATIONS, re.M)
    assert row, f"{variable} has no row in docs/guide/operations.md"
    default = SETTINGS[variable]
    if variable == "GRIDLINK_VAR_DIR":  # depends on where it is installed
        assert "/var/lib/gridlink" in row[1]
    elif default is None:
        assert row[1] == "—"
    else:
        told = default if isinstance(default, str) else json.dumps(default)
        assert row[1] == f"`{told}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=short)
def test_no_document_names_a_setting_that_is_not_there(document: Path) -> None:
    named = set(re.findall(r"GRIDLINK_[A-Z0-9_]*[A-Z0-9]", document.read_text("utf-8")))
    whole = {n for n in named if n not in SETTINGS and n not in OTHER_VARIABLES}
    branches = {n for n in whole if any(s.startswith(f"{n}__") for s in SETTINGS)}
    assert whole - branches == set()


def test_variables_beside_the_settings_are_read_somewhere() -> None:
    readers = [ROOT / "docker-compose.yml", *(ROOT / "backend").glob("*/commands.py")]
    text = "".join(path.read_text("utf-8") for path in readers)
    assert {name for name in OTHER_VARIABLES if name not in text} == set()


# --- commands --------------------------------------------------------------------------------


def commands(document: Path) -> list[str]:
    """Return the gridlink command lines of a document, in blocks and in code type."""
    text = document.read_text("utf-8")
    blocks = re.findall(r"^\s*```\w*\n(.*?)^\s*```", text, re.M | re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(gridlink [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    found = [re.sub(r"\s+#.*$", "", line) for line in lines]
    found = [line.removeprefix("docker compose exec app ") for line in found]
    # The greeting of the demonstration begins with the product's name as well.
    return [line for line in found if re.match(r"gridlink (?!网|http)[a-z]", line)]


@cache
def command_tree() -> TyperGroup:
    cli.mount_domains()
    tree = get_command(cli.app)
    assert isinstance(tree, TyperGroup)
    return tree


def fault_of(line: str) -> str | None:
    """Return what a command line of a document gets wrong, None when it could be typed."""
    words = line.split()[1:]
    chosen: list[Any] = [command_tree()]
    while isinstance(chosen[0], TyperGroup) and words:
        group, alternatives = chosen[0], words.pop(0).split("|")
        unknown = [word for word in alternatives if word not in group.commands]
        if unknown:
            return f"no command {unknown}"
        chosen = [group.commands[word] for word in alternatives]
    known = {option for c in chosen for p in c.params for option in p.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    return f"no option {unknown}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=short)
def test_every_command_line_of_a_document_can_be_typed(document: Path) -> None:
    faults = {line: fault for line in commands(document) if (fault := fault_of(line))}
    assert faults == {}


def test_every_command_is_told_of_in_the_readme_or_a_guide() -> None:
    told = {" ".join(line.split()[:3]) for d in DOCUMENTS for line in commands(d)}
    told |= {" ".join(line.split()[:2]) for line in told}
    assert {name for name in command_names() if name not in told} == set()


def command_names() -> Iterator[str]:
    for name, command in command_tree().commands.items():
        if isinstance(command, TyperGroup):
            yield from (f"gridlink {name} {inner}" for inner in command.commands)
        else:
            yield f"gridlink {name}"


def test_the_readme_tells_every_option_of_import() -> None:
    given = command_tree().commands["import"].params
    options = {p.opts[0] for p in given if isinstance(p, TyperOption)}
    for name in ("README.md", "README.en.md"):
        text = (ROOT / name).read_text("utf-8")
        assert {o for o in options if f"| `{o}` |" not in text} == set(), name


def test_every_target_of_make_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = {t for d in DOCUMENTS for t in re.findall(r"`make ([a-z-]+)`", d.read_text("utf-8"))}
    assert named - targets == set()


# --- routes and rights -----------------------------------------------------------------------


def test_the_guide_to_the_api_lists_every_route_with_its_right() -> None:
    from backend.access import RIGHT_KEY
    from backend.app import create_app

    words = {"public": "公开", "signed_in": "登录"}
    # Tiles, events and the document itself are answered outside the framework's schema.
    served = {
        "GET /api/tiles/{layer}/{z}/{x}/{y}.mvt": "登录",
        "GET /api/events": "登录",
        "GET /api/openapi.json": "`schema.read`",
        "POST /api/patrol/fixes": "终端令牌、`handheld.use` 或 `patrol.edit`",
        "GET /api/patrol/osmand": "终端令牌",
        "POST /api/patrol/osmand": "终端令牌",
    }
    for path, operations in create_app().openapi()["paths"].items():
        for method, operation in operations.items():
            wanted = operation[RIGHT_KEY]
            served[f"{method.upper()} {path}"] = words.get(wanted, f"`{wanted}`")
    guide = (ROOT / "docs/guide/api.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([A-Z]+ /api/[^`]*)` \| ([^|]+) \|", guide, re.M))
    assert told == served


def test_the_guide_to_security_tells_the_rights_of_each_role() -> None:
    guide = (ROOT / "docs/guide/security.md").read_text("utf-8")
    columns = ("admin", "operator", "dispatcher", "planner", "inspector", "worker")
    told: dict[str, set[str]] = {role: {"signed_in"} for role in columns}
    row = r"^\| ((?:`[a-z._]+` ?)+)\|((?: [✓–] \|){6})$"
    for rights, marks in re.findall(row, guide, re.M):
        for role, mark in zip(columns, re.findall("[✓–]", marks), strict=True):
            if mark == "✓":
                told[role] |= set(re.findall("`(.+?)`", rights))
    assert told == {role: set(rights) for role, rights in RIGHTS.items()}


# --- the promise -----------------------------------------------------------------------------


def test_no_table_has_a_column_about_persons() -> None:
    tables()
    columns = [(t.name, c.name) for t in Table.metadata.tables.values() for c in t.columns]
    assert len(columns) > 100  # the models were really read
    assert [column for column in columns if personal_reason(column[1])] == []


def test_no_importer_takes_a_column_about_persons() -> None:
    for name in NAMES:
        fields = kind_of(name, default_height_m=9.0).fields
        taken = [alias for field in fields for alias in (field.name, *field.aliases)]
        assert [alias for alias in taken if personal_reason(alias)] == [], name


# --- words -----------------------------------------------------------------------------------


def glossary_rows() -> list[list[str]]:
    lines = [line for line in GLOSSARY.splitlines() if line.startswith("| ")]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in lines]
    return [row for row in rows if row[0] != "English"]


def tables() -> set[str]:
    for path in (ROOT / "backend").rglob("*models.py"):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return set(Table.metadata.tables)


def test_the_glossary_has_every_table() -> None:
    where = {name for row in glossary_rows() for name in re.findall("`(.+?)`", row[-1])}
    assert tables() - where == set()


def test_the_glossary_names_no_table_that_is_not_there() -> None:
    where = {name for row in glossary_rows() for name in re.findall("`(.+?)`", row[-1])}
    named = {name for name in where if "/" not in name and not name.endswith((".py", ".md"))}
    assert named - tables() - {"layer_changes"} == set()  # kept by triggers, no model reads it


@pytest.mark.parametrize("row", glossary_rows(), ids=lambda row: row[0])
def test_a_word_has_chinese_a_meaning_and_a_place(row: list[str]) -> None:
    assert len(row) == 4
    assert all(row)
    assert re.search(r"[\u4e00-\u9fff]", row[1])
    assert "`" in row[3]


def test_no_word_stands_twice() -> None:
    words = [row[0] for row in glossary_rows()]
    assert sorted({word for word in words if words.count(word) > 1}) == []
