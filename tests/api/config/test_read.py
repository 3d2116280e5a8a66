"""A config as it is read: what it means, and by which sentence each mistake in it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from incload.api.config.read import find, read_config
from incload.engines import registry
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

ENDS = '[sources.shop]\nurl = "sqlite:///shop.db"\n[targets.copy]\nurl = "sqlite:///copy.db"\n'
TABLE = '[[tables]]\ntable = "orders"\nkey = "id"\nstrategy = "snapshot_diff"\n'


def written(folder: Path, text: str) -> Path:
    """Write a config."""
    path = folder / "incload.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_takes_the_only_source_and_target(tmp_path: Path) -> None:
    """Their names may be left out, and their paths are relative to the config."""
    (table,) = read_config(written(tmp_path, ENDS + TABLE)).tables

    assert (table.source, table.target) == (f"sqlite:///{tmp_path}/shop.db", f"sqlite:///{tmp_path}/copy.db")
    assert table.options == {"table": "orders", "key": "id", "strategy": "snapshot_diff"}


def test_defaults_hold_for_every_table_that_says_nothing_else(tmp_path: Path) -> None:
    """A key of [defaults] is a key of each table."""
    more = '[defaults]\nkey = "id"\nstrategy = "snapshot_diff"\nevolve = true\n[[tables]]\ntable = "a"\n'
    more += '[[tables]]\ntable = "b"\nkey = ["x", "y"]\nevolve = false\n'
    one, other = read_config(written(tmp_path, ENDS + more)).tables

    assert (one.options["key"], one.options["evolve"]) == ("id", True)
    assert (other.options["key"], other.options["evolve"]) == (["x", "y"], False)


def test_a_source_table_may_have_another_name(tmp_path: Path) -> None:
    """`source_table` names it in the URL of the source."""
    (table,) = read_config(written(tmp_path, f'{ENDS}{TABLE}source_table = "a b"\n')).tables

    assert (table.name, table.source) == ("orders", f"sqlite:///{tmp_path}/shop.db?table=a%20b")


def test_variables_are_put_in_and_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value of a variable is part of the URL, and no part of what is shown of the config."""
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    monkeypatch.setenv("HOST", "db.example")
    source = ENDS.replace("sqlite:///shop.db", "postgresql://me:${SHOP_PASSWORD}@${HOST}/x?application_name=$${n}")
    config = read_config(written(tmp_path, source + TABLE))

    assert config.tables[0].source == "postgresql://me:hunter2@db.example/x?application_name=${n}"
    assert "hunter2" not in repr(config)
    assert config.environment.hidden("hunter2 at db.example") == "*** at db.example"


def test_the_config_is_found_in_a_folder_above(tmp_path: Path) -> None:
    """The nearest one is meant."""
    path = written(tmp_path, ENDS + TABLE)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find(below) == path
    assert find(tmp_path) == path


MISTAKES = {
    "no valid TOML": ("[sources", r"incload\.toml:1: no valid TOML: Expected ']' at the end of a table"),
    "syntax": (f"{ENDS}{TABLE}cursor = updated_at\n", r"toml:9: no valid TOML: Invalid value \(column 10\)\."),
    "key twice": (f'{ENDS}{TABLE}cursor = "a"\ncursor = "b"\n', r"toml:10: no valid TOML: Cannot overwrite a value"),
    "section": (f"{ENDS}[tabels]\n", r"toml:5: unknown section 'tabels': did you mean tables\?"),
    "singular": ('[source.shop]\nurl = "x"\n', r"toml:1: unknown section 'source': did you mean sources\?"),
    "key": (f'{ENDS}{TABLE}curser = "x"\n', r"toml:9: unknown key 'curser': did you mean cursor\?"),
    "key of a source": ('[sources.shop]\nurI = "x"\n', r"toml:2: unknown key of source 'shop': 'urI'"),
    "no url": ("[sources.shop]\n", r"toml:1: source 'shop' has no url: write url ="),
    "url of another type": ("[sources.shop]\nurl = 3\n", r"toml:2: url is not a text"),
    "no source": (
        '[targets.copy]\nurl = "sqlite:///x"\n' + TABLE,
        r"toml:3: there is no source: add \[sources\.NAME\]",
    ),
    "two sources": (f'[sources.b]\nurl = "x"\n{ENDS}{TABLE}', r'toml:7: name the source, as there are 2: source = "b"'),
    "unknown source": (f'{ENDS}{TABLE}source = "shob"\n', r"toml:9: unknown source 'shob': did you mean shop\?"),
    "no key": (f'{ENDS}[[tables]]\ntable = "a"\n', r"toml:5: table 'a' has no key and no strategy: write key ="),
    "strategy": (ENDS + TABLE.replace("_diff", "_dif"), r"toml:8: unknown strategy 'snapshot_dif': did you mean"),
    "parameter": (
        ENDS + TABLE.replace("snapshot_diff", "lookback_window:minute=3"),
        r"toml:8: .*lookback_window.*minutes",
    ),
    "write rule": (f'{ENDS}{TABLE}write_rule = "upsert"\n', r"toml:9: unknown write_rule 'upsert'"),
    "switch": (f'{ENDS}{TABLE}evolve = "yes"\n', r"toml:9: the value of evolve .*: write true or false\."),
    "columns": (f"{ENDS}{TABLE}columns = 3\n", r'toml:9: the value of columns .*: write columns = "column" or'),
    "types": (f"{ENDS}{TABLE}types = {{ a = 3 }}\n", r"toml:9: the value of types .*: write types = \{"),
    "tables that are one": (f"{ENDS}[tables]\ntable = 1\n", r"toml:5: tables are a list: write \[\[tables\]\]"),
    "twice": (
        f"{ENDS}{TABLE}{TABLE}",
        r"toml:9: table 'orders' of 'copy' stands in line 5 with this strategy too: give it another",
    ),
    "variable": (
        ENDS.replace("shop.db", "${NO_SUCH_VARIABLE}") + TABLE,
        r"toml:2: the environment variable NO_SUCH_VARIABLE is not set: set it",
    ),
    "variable without a name": (ENDS.replace("shop.db", "${a b}") + TABLE, r"toml:2: \$\{a b\} names no environment"),
    "source table of a file": (
        ENDS.replace("sqlite:///shop.db", "shop.json") + TABLE + 'source_table = "x"\n',
        r"toml:9: source_table is for databases",
    ),
    "engine of a source": (
        ENDS.replace("sqlite:///shop.db", "mysqll://x/shop") + TABLE,
        r"toml:2: unknown engine 'mysqll'",
    ),
    "path of a database": (
        ENDS.replace("sqlite:///shop.db", "shop.db") + TABLE,
        r"toml:2: .*write its URL, sqlite:///",
    ),
    "no database": (ENDS.replace("sqlite:///copy.db", "copyz") + TABLE, r"toml:4: .*copyz.*neither a file"),
    "file as a target": (
        ENDS.replace("sqlite:///copy.db", "copy.json") + TABLE,
        r"toml:4: the target .*is no database",
    ),
    "table of a target": (
        ENDS.replace("copy.db", "copy.db?table=a") + TABLE,
        r"toml:5: the target names the table 'a': name it with table instead",
    ),
    "no cursor": (
        ENDS + TABLE.replace("snapshot_diff", "lookback_window"),
        r"toml:8: strategy 'lookback_window' needs a cursor column: name one with cursor\.",
    ),
    "no cursor for a rule": (f'{ENDS}{TABLE}write_rule = "newest"\n', r"toml:8: the write rule newest compares cursor"),
    "rule that removes": (
        f'{ENDS}{TABLE.replace("snapshot_diff", "lookback_window")}cursor = "c"\nwrite_rule = "mirror"\n',
        r'toml:10: write rule \'mirror\' .*load with write_rule = "merge", or, .* with allow_mismatch = true\.',
    ),
    "rule that removes, by default": (
        f'{ENDS}[defaults]\nwrite_rule = "mirror"\n{TABLE.replace("snapshot_diff", "lookback_window")}cursor = "c"\n',
        r"toml:6: write rule 'mirror' ",
    ),
    "columns twice": (
        f'{ENDS}{TABLE}columns = "a"\nexclude = "b"\n',
        r"toml:10: columns and exclude were both given: name either",
    ),
    "key left out": (f'{ENDS}{TABLE}exclude = "id"\n', r"toml:9: exclude names 'id', the key column"),
    "condition": (f'{ENDS}{TABLE}where = "a = 1; b"\n', r"toml:9: where 'a = 1; b' holds a semicolon"),
    "own name": (ENDS + TABLE.replace("orders", "_incload_a"), r"toml:6: '_incload_a' cannot be the table"),
    "types of a database": (f'{ENDS}{TABLE}types = {{ a = "DATE" }}\n', r"toml:9: types names types of columns of a"),
    "records of a database": (f'{ENDS}{TABLE}records = "a"\n', r"toml:9: records, .* is a database: leave them out"),
    "log of a file": (
        ENDS.replace("sqlite:///shop.db", "shop.json") + TABLE.replace("snapshot_diff", "log_cdc"),
        r"toml:8: strategy 'log_cdc' cannot follow this source, because a file has no",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_by_file_and_line(name: str, tmp_path: Path) -> None:
    """In one sentence, with what was meant or what to write."""
    text, sentence = MISTAKES[name]
    with pytest.raises(Refused, match=sentence) as refused:
        read_config(written(tmp_path, text))

    assert "\n" not in str(refused.value)


def test_what_only_its_opening_can_show_is_no_mistake_of_a_config(tmp_path: Path) -> None:
    """A folder or database that is not there yet leaves the other tables loaded."""
    text = ENDS.replace("sqlite:///shop.db", "exports/today") + TABLE

    assert [each.name for each in read_config(written(tmp_path, text)).tables] == ["orders"]


def test_a_package_that_is_not_installed_is_no_mistake_of_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables that do without it can be loaded."""

    def lacking(name: str) -> NoReturn:
        raise ModuleNotFoundError(name, name="psycopg")

    monkeypatch.setattr(registry, "import_module", lacking)
    text = ENDS.replace("sqlite:///shop.db", "postgresql://me@db.example/x") + TABLE

    assert [each.name for each in read_config(written(tmp_path, text)).tables] == ["orders"]


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    """By its path, or in no folder above."""
    with pytest.raises(Refused, match=r"there is no config .*none\.toml"):
        read_config(tmp_path / "none.toml")
    with pytest.raises(Refused, match=r"there is no incload\.toml in .* or above it"):
        find(tmp_path)


def test_a_config_of_another_encoding_is_refused(tmp_path: Path) -> None:
    """TOML is UTF-8."""
    (tmp_path / "incload.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="it is no UTF-8 text"):
        read_config(tmp_path / "incload.toml")


def test_the_standard_input_is_no_source_of_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a variable stands for it or not: a process that loads one of several tables is asked on it."""
    monkeypatch.setenv("WHERE", "-")
    for said in ("-", "${WHERE}"):
        path = written(tmp_path, ENDS.replace("sqlite:///shop.db", said) + TABLE)
        with pytest.raises(
            Refused, match=r'toml:2: url = "-" is the standard input: name a file, or run `incload load'
        ):
            read_config(path)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("a = " + "[" * 3000, "toml:4: a value is nested too deeply: write it flat."),
        ("a = " + "[" * 60 + "]" * 60, "toml:4: a value is nested too deeply: write it flat."),
        ("a" + ".a" * 3000 + " = 1", "toml:4: a value is nested too deeply: write it flat."),
        ("[" + "a." * 3000 + "a]", "toml:4: a value is nested too deeply: write it flat."),
        ("a = " + "1" * 5000, "toml:4: a number has too many digits: write a shorter one."),
    ],
    ids=["open", "closed", "dotted", "header", "digits"],
)
def test_what_the_parser_cannot_hold_is_refused_with_its_line(tmp_path: Path, said: str, sentence: str) -> None:
    """It is no error of ours."""
    path = written(tmp_path, f'# one\n[defaults]\nkey = "id"\n{said}\n[targets]\n')
    with pytest.raises(Refused) as refusal:
        read_config(path)
    assert str(refusal.value).endswith(sentence)
