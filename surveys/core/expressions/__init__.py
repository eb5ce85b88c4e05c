"""XForms expressions: source text -> numbered-format AST -> closures. Parsed once, at publish."""

from .compile import Context, Env, Evaluator, compile_ast, lookups
from .parser import FORMAT, SyntaxProblem, parse, references
from .pitfalls import bad_patterns, dates_as_text

__all__ = [
    "FORMAT",
    "Context",
    "Env",
    "Evaluator",
    "SyntaxProblem",
    "bad_patterns",
    "compile_ast",
    "dates_as_text",
    "lookups",
    "parse",
    "references",
]
