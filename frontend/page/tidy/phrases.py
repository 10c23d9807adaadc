"""What buttons and lines of the view say. Pure, so that it is tested without a browser."""

from frontend.page.wording.numbers import counted, file_size

# Why a photo is the best of its group, by the API's names.
REASONS = {"most_pixels": "Most pixels", "largest_file": "Largest file", "earliest": "Added first"}


def reason_text(reason: str) -> str:
    """Say why a photo is suggested; nothing for a reason that this page does not know."""
    return REASONS.get(reason, "")


def delete_text(keeper: dict, others: list[dict]) -> str:
    """Say what the button does that keeps one photo: 'Delete 2 photos', or 'Delete 2, keep tags of all'."""
    if any([tag not in keeper["tags"] for image in others for tag in image["tags"]]):
        of_all = "both" if len(others) == 1 else "all"
        return f"Delete {len(others):,}, keep tags of {of_all}"
    return "Delete " + counted(len(others), "photo", "photos")


def deleted_text(photo_count: int, size: int) -> str:
    """Say what was done, where it can still be undone."""
    return f"{counted(photo_count, 'photo', 'photos')} deleted, {file_size(size)} freed."


def kept_text(photo_count: int) -> str:
    """Say that all photos of a group stay."""
    kept = "Both" if photo_count == 2 else f"All {photo_count}"
    return f"{kept} kept. They will not be suggested again."


def accept_text(photo_count: int, size: int) -> str:
    """Say what accepting all suggestions does."""
    return f"Deletes {counted(photo_count, 'photo', 'photos')}, frees {file_size(size)}"


def looking_text(checked: int, waiting: int) -> str:
    """Say how far the comparing of photos is; nothing when it is done."""
    if not waiting:
        return ""
    return f"Looking for duplicates: {checked:,} of {counted(checked + waiting, 'photo', 'photos')} compared"


def badge_text(group_count: int) -> str:
    """Write the number of groups beside the link to them, where there is little room; nothing for none."""
    if group_count > 999:
        return "999+"
    return str(group_count) if group_count else ""
