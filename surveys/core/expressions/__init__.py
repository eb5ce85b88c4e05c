"""XForms expressions: source text -> numbered-format AST -> closures. Parsed once, at publish."""

from .compile import Context, Env, Evaluator, compile_ast
from .parser import FORMAT, SyntaxProblem, parse, references

__all__ = [
    "FORMAT",
    "Context",
    "Env",
    "Evaluator",
    "SyntaxProblem",
    "compile_ast",
    "parse",
    "references",
]
