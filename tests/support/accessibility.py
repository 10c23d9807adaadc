"""What axe-core finds against the page, by the rules of WCAG 2.2 AA and its own of good practice."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return a line for each element that breaks a rule, in both themes."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
        found += [
            f"{theme}: {rule['id']} ({rule['help']}): {' '.join(node['target'][0:1])}"
            for rule in answer.response["violations"]
            for node in rule["nodes"]
        ]
    return found
