"""Formulas in a name from a user, such as `$10^{-3}$` or `$\\eta$`: where they are in a text.

Names in logs may contain ordinary dollar signs. The text between two of them is a formula only if it has a sign of a
formula (`\\`, `^` or `_`), and contains only plain characters and well-known commands: no text from a log can make
LaTeX read a file.
"""

from __future__ import annotations

import re

__all__ = ["has_formula", "parts_of"]

_COMMANDS = ("alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
             "upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|times|cdot|pm|leq|geq|"
             "neq|approx|infty|ell|sqrt|frac|mathrm|mathbf|mathit|mathcal|log|exp|max|min|rightarrow|leftarrow|uparrow|"
             "downarrow|hat|bar|tilde|nabla|partial|sum|in|to|star|ast|dagger")
_FORMULA = re.compile(r"\$(?=[^$]*[\\^_])(?:[A-Za-z0-9+\-=.,:;()\[\] ^_{}|/<>*!']|\\(?:" + _COMMANDS
                      + r")(?![A-Za-z])|\\[,;! ])+\$")


def parts_of(text: str) -> list[tuple[str, bool]]:
    """The text in parts, each with whether it is a formula."""
    parts, end = [], 0
    for match in _FORMULA.finditer(text):
        if not _is_balanced(match[0]):
            continue
        parts += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [part for part in (*parts, (text[end:], False)) if part[0]]


def has_formula(text: str) -> bool:
    """Whether a part of the text is a formula."""
    return any(is_one for _, is_one in parts_of(text))


def _is_balanced(formula: str) -> bool:
    depth = 0
    for sign in formula:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
