"""Draws a group: its photos side by side, what differs between them, and the buttons that decide."""

from frontend.page.browser.dom import icon, make
from frontend.page.grid.justified import proportion
from frontend.page.tidy.phrases import delete_text, reason_text
from frontend.page.wording.numbers import counted, file_size

# What the buttons of a group do; `data-action`.
LOOK = "look"
KEEP_ALL = "keep-all"


def group_element(group: dict, members: list[dict], facts: list, writes: bool):
    """
    Make the element of a group, as if none of its photos were chosen yet; see `show_choice`.

    Args:
        members: Its photos that are there.
        facts: What is said of each, see `facts_of`.
        writes: Whether the visitor may decide.
    """
    item = make("li", "duplicates", data_group=group["id"])
    title = counted(len(members), "version", "versions") + " of " + name_of(members[0])
    form = make("form", "", aria_label=title)
    versions = make("div", "versions", role="radiogroup", aria_label="Which one to keep")
    for place, image in enumerate(members):
        versions.append(version_element(group, image, place, facts[place], writes))
    form.append(versions)
    if writes:
        form.append(buttons())
    item.append(form)
    return item


def version_element(group: dict, image: dict, place: int, facts: list, writes: bool):
    """Make the element of one photo: the choice to keep it, which has the focus, then the photo and what is known."""
    name = name_of(image)
    item = make("div", "version", data_id=image["id"])
    item.style.setProperty("--ratio", f"{proportion(image['width'], image['height']):.4f}")
    choice_id = f"keep-{group['id']}-{place}"
    choice = make("input", "visually-hidden", type="radio", name=f"keep-{group['id']}", id=choice_id, tabindex="-1")
    choice.value = image["id"]
    picture = make("button", "picture", type="button", tabindex="-1", data_action=LOOK, aria_label=f"Look at {name}")
    picture.append(make("img", alt="", decoding="async", loading="lazy", crossorigin="anonymous", draggable="false"))
    label = make("label", "", **{"for": choice_id})
    if writes or place == 0:
        label.append(make("span", "verdict"))
    label.append(make("span", "name", name, title=name))
    for text, varies in facts:
        label.append(make("span", "fact differs" if varies else "fact", text))
    item.append(choice, picture, label)
    return item


def buttons():
    """Make the buttons that decide about a group."""
    element = make("div", "decide")
    delete = make("button", "delete", type="submit", tabindex="-1")
    delete.append(make("span"), make("kbd", "", "Enter", aria_hidden="true"))
    keep = make("button", "", type="button", tabindex="-1", data_action=KEEP_ALL)
    keep.append(make("span", "", "Keep all"), make("kbd", "", "K", aria_hidden="true"))
    element.append(delete, keep, make("p", "note frees"))
    return element


def show_choice(item, group: dict, keeper: dict, others: list[dict], writes: bool) -> None:
    """Show which photo of a group is to be kept, and what the buttons do then; the reason is that of the suggestion."""
    for version in list(item.querySelectorAll(".version")):
        kept = version.dataset.id == keeper["id"]
        version.querySelector("input").checked = kept
        verdict = version.querySelector(".verdict")
        if verdict:
            suggested = version.dataset.id == group["keeper"]
            show_verdict(verdict, kept, reason_text(group["reason"]) if suggested else "", writes)
    if writes:
        item.querySelector(".delete span").textContent = delete_text(keeper, others)
        item.querySelector(".frees").textContent = "Frees " + file_size(sum([image["size"] for image in others]))


def show_verdict(verdict, kept: bool, reason: str, writes: bool) -> None:
    """Say of a photo whether it is to be kept, and why it should be."""
    if not writes:
        verdict.textContent = reason
        return
    verdict.textContent = "Keep" if kept else "Keep this one"
    if kept:
        verdict.prepend(icon("check"))
    if reason:
        verdict.append(make("span", "reason", reason))


def name_of(image: dict) -> str:
    """Return what a photo is called."""
    return image["title"] or image["file_name"]
