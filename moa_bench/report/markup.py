"""Elements of a page: text is always text.

A tree is built and written by the standard library, which escapes every text and attribute: no
function here takes markup as a string. What hides or acts is shown as an escape before that.
"""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from moa_lsp.text.sanitize import escape

Child = ET.Element | str | None


def node(tag: str, *children: Child, **attributes: str | None) -> ET.Element:
    """An element.

    Args:
        tag: its name.
        children: elements and texts in order; ``None`` is left out.
        attributes: a trailing underscore is taken off (``class_``), others become hyphens;
            ``None`` is left out.
    """
    made = ET.Element(
        tag,
        {
            name.rstrip("_").replace("_", "-"): shown(value)
            for name, value in attributes.items()
            if value is not None
        },
    )
    return add(made, children)


def add(parent: ET.Element, children: Iterable[Child]) -> ET.Element:
    """Append children to an element; the element."""
    for child in children:
        if child is None:
            continue
        if isinstance(child, str):
            text = shown(child)
            if len(parent):
                parent[-1].tail = (parent[-1].tail or "") + text
            else:
                parent.text = (parent.text or "") + text
        else:
            parent.append(child)
    return parent


def raw(tag: str, text: str) -> ET.Element:
    """A ``style`` or ``script`` of our own: written to the letter, as browsers read it."""
    made = ET.Element(tag)
    made.text = text
    return made


def shown(text: str) -> str:
    """Text that neither hides nor acts; lines and tabs stay."""
    return escape(text, keep_lines=True)


def written(page: ET.Element) -> str:
    """The document of an ``html`` element."""
    return "<!DOCTYPE html>\n" + ET.tostring(page, encoding="unicode", method="html") + "\n"
