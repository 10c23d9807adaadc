"""`lookalike search`: what looks like a photo, or what words describe, as a table or as JSON."""

import argparse
import json
import sys
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from frontend.client.async_client import AsyncClient
from frontend.client.commands.running import DONE, INCOMPLETE, run_with_client
from frontend.client.connection import PATIENCE_S
from frontend.client.errors import LookalikeError
from frontend.client.records import Match, SearchResult
from frontend.page.wording.strength import ALMOST, Scale
from frontend.page.wording.titles_and_tags import split_tags

FOUND_BY: Final = {
    "text": "Has the words",
    "tag_examples": "Like photos with this tag",
    "meaning": "By meaning",
    "labels": "By label",
}
"""What an image was found by, where it was not its looks -> what people are told."""


def run(args: argparse.Namespace) -> int:
    """Search, and return the exit code: 0, 1 if nothing was found, 2 if it could not be searched."""
    return run_with_client(args, PATIENCE_S, lambda client: search(client, args))


async def search(client: AsyncClient, args: argparse.Namespace) -> int:
    """
    Search for what the options name, and print it.

    Raises:
        LookalikeError: It could not be searched.
    """
    filters = read_filters(args.filters)
    tags = split_tags(args.tags or "")
    found = await client.search_result(args.photo, args.words or "", "", args.limit, tags, filters)
    if args.json:
        print_json(client, found)
    else:
        print_table(client, found, await scale_of(client, found, bool(args.photo)))
    return DONE if found.matches else INCOMPLETE


def read_filters(text: str | None) -> dict[str, Any]:
    """
    Read filters, as JSON.

    Raises:
        LookalikeError: They are none.
    """
    try:
        filters = json.loads(text or "{}")
    except ValueError as exc:
        raise LookalikeError(f"The filters are not JSON: {exc}.") from exc
    if not isinstance(filters, dict):
        raise LookalikeError('The filters are no JSON object, such as {"tags_any": ["red", "blue"]}.')
    return filters


async def scale_of(client: AsyncClient, found: SearchResult, by_photo: bool) -> Scale | None:
    """Return what the scores of a search by a photo mean; None for one by words, or a model without calibration."""
    calibration = (await client.space()).manifest.get("calibration")
    if not calibration or not by_photo:
        return None
    scores = [match.score for match in found.matches if match.score is not None]
    return Scale(calibration["unrelated_cosine"]["looks"], found.searched, scores)


def print_json(client: AsyncClient, found: SearchResult) -> None:
    """Print the API's answer, with whole addresses."""
    answer = msgspec.to_builtins(found)
    for match in answer["matches"]:
        for name in ("original_url", "thumbnail_url"):
            match["image"][name] = client.connection.absolute(match["image"][name])
        match["image"]["page_url"] = page_url(client, match["image"]["id"])
    json.dump(answer, sys.stdout, indent=2, ensure_ascii=False)
    print()


def print_table(client: AsyncClient, found: SearchResult, scale: Scale | None) -> None:
    """Print the matches, each with a link to its photo on the page."""
    console = Console(highlight=False)
    if not found.matches:
        console.print("Nothing was found.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Alike", justify="right")
    table.add_column("")
    table.add_column("Photo", overflow="fold")
    table.add_column("Tags", overflow="fold")
    table.add_column("Link", overflow="fold")
    for match in found.matches:
        image = match.image
        score = "" if match.score is None else f"{match.score:.2f}"
        link = page_url(client, image.id)
        table.add_row(score, strength_of(match, scale), Text(image.title), Text(", ".join(image.tags)), Text(link))
    console.print(table)


def strength_of(match: Match, scale: Scale | None) -> str:
    """Say how alike a match is, or what it was found by."""
    if match.duplicate:
        return ALMOST
    if match.found_by in FOUND_BY:
        return FOUND_BY[match.found_by]
    return scale.strength(match.score) if scale and match.score is not None else ""


def page_url(client: AsyncClient, image_id: str) -> str:
    """Return the address of a photo on the page."""
    return f"{client.connection.url}?photo={image_id}"
