"""The menus of filters, above the library and beside results: a dot on each that is in use, and what can be chosen."""

from frontend.page.browser.dom import find, make


def show_counts(form) -> None:
    """Say on the button of each menu how many of its filters are used; `data-counts` names their fields."""
    for badge in list(form.querySelectorAll("[data-counts]")):
        used = [name for name in badge.dataset.counts.split() if find(name).value.strip()]
        badge.textContent = str(len(used)) if used else ""


def suggest(known) -> None:
    """Offer the tags and labels of the images that the page knows."""
    tags, labels = set(), set()
    for image in known.all():
        tags.update(image["tags"])
        labels.update([label["name"] for label in image["labels"]])
    for list_id, words in (("known-tags", tags), ("known-labels", labels)):
        find(list_id).replaceChildren(*[make("option", value=word) for word in sorted(words)])
