"""The workflows of docs/ci.md and the action: YAML that says what it means, whose commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from incload.cli import main

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOWS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of the only job of a workflow."""
    (job,) = workflow["jobs"].values()
    assert job["runs-on"] == "ubuntu-latest"
    return list(job["steps"])


def commands(workflow: dict[str, Any], program: str) -> list[list[str]]:
    """Return the words of the commands of a program, up to where the shell sends their output."""
    lines = [step["run"] for step in steps(workflow) if "run" in step]
    return [shlex.split(line.partition(" >")[0])[1:] for line in lines if line.startswith(program)]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=["loader", "strategies"])
def test_a_workflow_is_one_job_of_pinned_steps_and_commands(workflow: dict[str, Any]) -> None:
    """Every step uses an action of a version, or runs one command; nothing may write to the repository."""
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True]  # `on`, which YAML reads as a truth value
    for step in steps(workflow):
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) if "uses" in step else step["run"].strip()
    assert next(words[0] for words in commands(workflow, "incload")) == "compare"


def first_time(section: str) -> list[list[str]]:
    """Return the words of the commands by which a section makes its baseline."""
    block = re.findall(r"```sh\n(.*?)```", PAGE.partition(f"\n## {section}\n")[2], re.DOTALL)[0]
    return [shlex.split(line)[1:] for line in block.splitlines()]


def test_the_gate_of_our_own_strategies_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its baseline is made as the page says; the workflow passes, and fails as JUnit when a row of it differs."""
    monkeypatch.chdir(tmp_path)
    small = ["--rows", "100", "--workers", "1", "--scenarios", "hard_deletes"]
    made, accepted = first_time("Our own strategies")
    compare, check = commands(WORKFLOWS[1], "incload")
    assert made == compare  # the same trials, or some would be missing

    assert [main([*made, *small]), main(accepted)] == [0, 0]
    assert [main([*compare, *small]), main(check)] == [0, 0]
    baseline = Path(check[1])
    lines = baseline.read_text(encoding="utf-8").splitlines(keepends=True)
    baseline.write_text("".join([*lines, lines[-1].replace("hard_deletes", "clean")]), encoding="utf-8")
    capsys.readouterr()
    assert main(check) == 1
    assert 'type="missing"' in capsys.readouterr().out


def test_no_workflow_compares_a_part_with_the_committed_baseline() -> None:
    """What is committed holds hundreds of trials, of which a comparison of some would miss the most."""
    for workflow, section in zip(WORKFLOWS, ("A loader of yours", "Our own strategies"), strict=True):
        made, accepted = first_time(section)
        for check in commands(workflow, "incload")[1:]:
            assert check[1:3] == accepted[1:3]
        assert commands(workflow, "incload")[0] == made
    assert not (ROOT / first_time("Our own strategies")[1][1]).exists()


def test_the_workflows_install_what_there_is() -> None:
    """The loader's from the repository at a revision, ours from the checkout; no index is asked for incload itself."""
    loader, ours = ([step["run"] for step in steps(each) if "pip install" in step.get("run", "")] for each in WORKFLOWS)

    assert loader == ['python -m pip install "incload[harness] @ git+https://github.com/OWNER/incload@REVISION"']
    assert ours == ['python -m pip install ".[harness]"']
    assert "harness" in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]


@pytest.mark.slow
def test_the_gate_of_a_loader_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader that copies everything is accepted; one that copies nothing more fails on loss."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    compare, *checks = commands(WORKFLOWS[0], "incload")
    small = ["--rows", "100", "--workers", "1", "--scenarios", "clean"]
    write(whole=True)

    made, accepted = first_time("A loader of yours")
    assert [main([*made, *small]), main(accepted)] == [0, 0]
    assert [main(check) for check in checks] == [0, 0]
    write(whole=False)
    main([*compare, *small])
    assert [main(check) for check in checks] == [1, 1]


def write(*, whole: bool) -> None:
    """Write the loader: incload itself on the whole table, or on a part of it."""
    part = "" if whole else ", where='id < 3'"
    Path("load.py").write_text(
        "import os, incload\n"
        "source, target, table = (os.environ[f'INCLOAD_{each}'] for each in ('SOURCE_URL', 'TARGET_URL', 'TABLE'))\n"
        "incload.load(source, target, table=table,"
        f" key=os.environ['INCLOAD_KEY'].split(','), strategy='full_refresh', allow_removals=True{part})\n",
        encoding="utf-8",
    )


def test_the_action_is_what_the_page_says() -> None:
    """Its inputs are those of the page, it is composite, and inputs reach the shell through the environment alone."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("## The action")[2].partition("## Forms")[0], re.MULTILINE)

    assert (action["runs"]["using"], list(action["inputs"])) == ("composite", ["compare", *rows[1:]])
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        assert {*re.findall(r"\binputs\.([\w-]+)", str(step))} <= {*rows}


@pytest.mark.skipif(sys.platform == "win32", reason="the action's steps are for bash")
def test_the_action_installs_its_own_repository(tmp_path: Path) -> None:
    """From where the runner has put it, whatever its path holds, with the extras that were asked for."""
    install = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][0]
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nprintf '%s|' \"$@\"\n", encoding="utf-8")
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "ACTION": "/of the/action", "EXTRAS": "harness"}

    assert install["env"] == {"ACTION": "${{ github.action_path }}", "EXTRAS": "${{ inputs.extras }}"}
    words = ["bash", "-euo", "pipefail", "-c", install["run"]]
    ran = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    assert ran.stdout == "-m|pip|install|/of the/action[harness]|"


@pytest.mark.skipif(sys.platform == "win32", reason="the action's steps are for bash")
def test_the_steps_of_the_action_run(tmp_path: Path) -> None:
    """As a runner would run them: the comparison, the summary, the check."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    options = "--strategies full_refresh --scenarios clean --engines sqlite-sqlite --rows 100 --workers 1"
    summary = tmp_path / "summary.md"
    values = {
        "baseline": "reports/latest-filtered.csv",
        "latest": "reports/latest-filtered.csv",
        "fail-on": "any",
        "compare": options,
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = []
    for step in action["runs"]["steps"][1:]:
        given = {
            name: values[re.search(r"inputs\.([\w-]+)", value)[1]]  # type: ignore[index]  # every one is an input
            for name, value in step["env"].items()
        }
        env = {**os.environ, **given, "PATH": path, "GITHUB_STEP_SUMMARY": str(summary)}
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step["run"]],  # noqa: S607 - as the runner finds it
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(ran.stdout)

    assert said[-1] == "::notice title=incload check::equal: 2 trials compared, none different.\n"
    assert summary.read_text(encoding="utf-8").startswith("## incload check\n\nequal: 2 trials compared")


def test_the_hook_names_a_command_that_there_is() -> None:
    """pre-commit runs it without file names."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    golden = str(ROOT / "tests" / "golden" / "report.csv")

    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("incload-check", "python", False)
    assert main([*shlex.split(hook["entry"])[1:], golden, golden]) == 0


def test_the_hook_passes_on_a_fresh_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Git keeps no latest report; a baseline that is none is refused all the same."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    command = [*shlex.split(hook["entry"])[1:], *hook["args"]]
    monkeypatch.chdir(tmp_path)
    baseline = tmp_path / "reports" / "baseline.csv"
    baseline.parent.mkdir()
    baseline.write_bytes((ROOT / "tests" / "golden" / "report.csv").read_bytes())

    assert main(command) == 0
    assert (
        "there is no reports/latest-filtered.csv to compare: reports/baseline.csv can be read"
        in capsys.readouterr().err
    )
    baseline.write_text("no report")
    assert main(command) == 2
