"""Style sheets cost the page nothing while it scrolls, and say to every browser what they say to one."""

import re
from pathlib import Path

STYLES = Path(__file__).parents[3] / "frontend/styles"

# What all photos of a grid lie in, or a photo itself, as the subject of :has().
OF_ALL = re.compile(r"(?:^|[\s,(}>~+])(?:html|body|:root|main|\.card)(?:\[[^\]]*\])?:has\(", re.MULTILINE)


def test_no_style_of_all_photos_hangs_on_one() -> None:
    """No :has() whose subject holds the photos, which would have all styles computed anew with each that is drawn."""
    sheets = {path.name: re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in STYLES.glob("*.css")}
    assert "base.css" in sheets
    assert {name: found for name, text in sheets.items() if (found := OF_ALL.findall(text))} == {}


def test_it_would_be_found() -> None:
    """The pattern finds such styles, and no others."""
    for style in ("body:has(#a) .b {}", ".x { }\n.card:has(.y)::after {}", ".a:is(.b, body:has(#c) *) {}"):
        assert OF_ALL.search(style)
    assert not OF_ALL.search(".asked-frame:has(.region) {} html.looking:has(.a) {} .search-field:has(#b) {}")


def test_what_cannot_be_selected() -> None:
    """Wherever the selection of text is switched off, it is for WebKit, too, which knows it by a name of its own."""
    rules = [rule for path in STYLES.glob("*.css") for rule in re.findall(r"\{[^{}]*\}", path.read_text())]
    switched = [rule for rule in rules if re.search(r"[\s;{]user-select:", rule)]
    assert switched
    assert [rule for rule in switched if "-webkit-user-select:" not in rule] == []


def test_places_that_are_tried() -> None:
    """Only menus that are open try other places: closed ones keep WebKit 2.50 busy for ever."""
    rules = [
        rule for path in STYLES.glob("*.css") for rule in re.findall(r"([^{};]*)\{[^{}]*position-try", path.read_text())
    ]
    assert [rule.strip() for rule in rules] == [":popover-open"]
