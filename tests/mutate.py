"""Breaks the code on purpose, one small thing at a time, and tells what no test has noticed.

    python tests/mutate.py livemon/system/tail.py livemon/readers/csv.py           # every mutant
    python tests/mutate.py --every 5 livemon/system/tail.py                        # each fifth
    python tests/mutate.py --only 12,40 livemon/system/tail.py                     # these, by the numbers that it told

It works on a copy, in a process for each mutant. What survives is either a missing test or code that says nothing.

Of `--every 8 --first 5` on tail.py and csv.py these survive, and may:

- tail, `_check` without its question about the size: a file that is shorter than the offset fails the comparison of the
  bytes below it as well; the size spares two reads.
- tail, `_consume` where the head may be as long as HEAD_BYTES: it is cut to the same bytes again.
- csv, `_block` without FAST_FROM_BYTES: both ways give the same cells, which a test holds; the fast one is slower for
  few rows.
- csv_records, `_record_length` without its first question: a line without a quote is found complete by the loop, too,
  later.
- csv_records, `_record_length` at exactly LONGEST_QUOTE bytes: how long a quote may be is no rule to the byte.
- csv, `_refusal` with None for "": both say that nothing is refused.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALSO = {  # tests that try a module beside those of its own file
    "livemon/readers/encodings/numbers.py": ["readers/test_csv.py"],
    "livemon/readers/encodings/csv_blocks.py": ["readers/test_csv.py"],
    "livemon/readers/encodings/json_rows.py": ["readers/test_jsonlines.py"],
}
SECONDS = 90  # for the tests of one mutant; they take a quarter of it

_COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
    ast.Is: [ast.IsNot], ast.IsNot: [ast.Is],
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.Pow: ast.Mult,
}

Change = Callable[[], None]


def changes(node: ast.AST) -> Iterator[tuple[int, str, Change]]:
    """The ways to break one node: its line, what is done, and what does it to the node where it stands."""
    for what, change in _changes(node):
        yield getattr(node, "lineno", 0), what, change
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        for place, statement in enumerate(body if isinstance(body, list) else []):
            if _matters(statement):
                what = f"without: {ast.unparse(statement).splitlines()[0]}"
                yield statement.lineno, what, _set(body, place, ast.Pass())


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS.get(type(operator), []):
                yield f"{type(operator).__name__} -> {other.__name__}", _set(node.ops, place, other())
    elif isinstance(node, ast.BoolOp):
        other_word = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{type(node.op).__name__} -> {type(other_word).__name__}", _replace(node, op=other_word)
        for place in range(len(node.values)):
            rest = [value for index, value in enumerate(node.values) if index != place]
            yield f"without {ast.unparse(node.values[place])}", _replace(node, values=rest)
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        other_operator = _OPERATORS[type(node.op)]
        yield f"{type(node.op).__name__} -> {other_operator.__name__}", _replace(node, op=other_operator())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "without not", _replace(node, operand=ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", _replace(node, value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        for value in (node.value + 1, node.value - 1):
            yield f"{node.value} -> {value}", _replace(node, value=value)
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "returns None", _replace(node, value=ast.Constant(None))
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "always", _replace(node, test=ast.Constant(True))
        yield "never", _replace(node, test=ast.Constant(False))


def _matters(statement: ast.AST) -> bool:
    """Whether a statement is worth removing: no definition (that breaks everything), no docstring."""
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    kinds = (ast.Assign, ast.AugAssign, ast.Continue, ast.Break, ast.Raise, ast.Return)
    return isinstance(statement, kinds)


def _set(items: list[ast.AST], place: int, item: ast.AST) -> Change:
    return lambda: items.__setitem__(place, item)


def _replace(node: ast.AST, **fields: object) -> Change:
    return lambda: [setattr(node, name, value) for name, value in fields.items()] and None


def _in_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that run in functions, without annotations. A module's constants are settings."""
    waiting: list[ast.AST] = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    while waiting:
        node = waiting.pop(0)
        yield node
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list", "args"):
                children = value if isinstance(value, list) else [value]
                waiting += [child for child in children if isinstance(child, ast.AST)]


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Each mutant of a module: its line, what was done to it, and its source."""
    count = sum(1 for node in _in_functions(ast.parse(source)) for _ in changes(node))
    for number in range(count):
        tree = ast.parse(source)
        found = [change for node in _in_functions(tree) for change in changes(node)]
        line, what, change = found[number]
        change()
        yield line, what, ast.unparse(ast.fix_missing_locations(tree))


def survives(root: Path, tests: list[str], log: Path) -> bool:
    """Whether the tests in `root` pass, in a process of their own."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.chdir(root)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.setsid()
        import pytest

        status = 1
        try:
            warnings = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported already
            quick = ["-m", "not slow", "--timeout", "20"]
            status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *quick, *warnings, *tests]))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> int:
    """Try the mutants of the named files; 1 if any survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--every", type=int, default=1, help="only each so manieth mutant")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant that is tried")
    parser.add_argument("--only", default="", help="only these numbers, with commas")
    asked = parser.parse_args()
    for name in ("numpy", "pandas", "hypothesis", "hypothesis.stateful", "pytest", "pytest_timeout", "pandas._testing"):
        importlib.import_module(name)  # once, and not in each of the processes
    sys.dont_write_bytecode = True
    only = {int(number) for number in asked.only.split(",") if number}
    alive = 0
    with tempfile.TemporaryDirectory(prefix="livemon-mutants-") as folder:
        root = Path(folder)
        for name in ("livemon", "tests", "integrations", "pyproject.toml"):
            source = HERE.parent / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        sys.path[:0] = [str(root), str(root / "integrations")]
        for file in asked.files:
            alive += _try(file, root, asked.first, asked.every, only)
    return int(alive > 0)


def _try(file: str, root: Path, first: int, every: int, only: set[int]) -> int:
    """Try the mutants of one file; how many survived."""
    whole = (root / file).read_text(encoding="utf-8")
    module = Path(file).relative_to("livemon")
    tests = [f"tests/{test}" for test in (module.with_name(f"test_{module.name}"), *ALSO.get(file, ()))]
    if not survives(root, tests, root / "log"):
        sys.exit(f"the tests of {file} fail on the file as it is:\n{(root / 'log').read_text()[-2000:]}")
    tried = alive = count = 0
    for number, (line, what, mutant) in enumerate(mutants(whole)):
        count += 1
        if number not in only if only else number < first or (number - first) % every:
            continue
        (root / file).write_text(mutant, encoding="utf-8")
        tried += 1
        if survives(root, tests, root / "log"):
            alive += 1
            print(f"{file}:{line}: [{number}] {what}", flush=True)
    (root / file).write_text(whole, encoding="utf-8")
    print(f"{file}: {tried} of {count} mutants tried, {tried - alive} killed, {alive} survive", flush=True)
    return alive


if __name__ == "__main__":
    sys.exit(main())
