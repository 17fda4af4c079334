"""Python without its types: what is left of a module once it runs."""

import ast


class _Remover(ast.NodeTransformer):
    def visit_If(self, node):
        for_types = ast.unparse(node.test) in ('False', 'TYPE_CHECKING')
        return None if for_types else self.generic_visit(node)

    def visit_AnnAssign(self, node):
        return node.value and ast.Assign([node.target], node.value)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef


def without_types(tree):
    """The tree, which has changed: no annotations, and nothing that is imported for them."""
    return ast.fix_missing_locations(_Remover().visit(tree))
