"""YAML as plain data: nothing in it is executed, and nothing in it grows without bounds."""

from __future__ import annotations

from typing import Any

import yaml

from livemon.system.errors import first_line

__all__ = ["MOST_NODES", "load", "parse_yaml"]

MOST_NODES = 100_000  # in a text with its aliases expanded


def load(text: str) -> Any:
    """The content of a YAML text. Raises what PyYAML raises: for unusual values that can be any Python exception."""
    return yaml.load(text, Loader=_InertLoader)


def parse_yaml(text: str) -> Any:
    """The content of a YAML text as plain data; nothing is executed.

    Raises:
        ValueError: The text is not YAML, or its aliases make it huge.
    """
    try:
        return load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(first_line(error)) from error
    except Exception as error:  # unusual values make PyYAML raise Python's own exceptions (IndexError, KeyError ...)
        raise ValueError(f"a value is not what its tag says ({first_line(error)})") from error


class _InertLoader(yaml.SafeLoader):
    """Reads tuples, as Lightning writes them; every other tag becomes plain data. Refuses a text with huge aliases."""

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        sizes: dict[int, int] = {}
        if node is not None and _size(node, sizes) > max(MOST_NODES, len(sizes)):
            raise yaml.YAMLError(f"it holds more than {MOST_NODES:,} values when its aliases (*name) are written out")
        return node


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """The number of values in a node with its aliases expanded; too many if an alias leads in a circle."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_NODES + 1  # until its size is known
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    known[id(node)] = size = 1 + sum(_size(part, known) for part in parts)
    return size


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


for _tag in ("tag:yaml.org,2002:python/", "!", ""):
    _InertLoader.add_multi_constructor(_tag, _plain)
