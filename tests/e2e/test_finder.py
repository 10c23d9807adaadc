"""The example of frontend/finder/README.md: a shop's own page, on another origin, that searches by photo."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from frontend.client import Client
from tests.support.drawings import Groups
from tests.support.files import data_transfer
from tests.support.page import Visit, title
from tests.support.paths import ROOT
from tests.support.servers.files import FileServer, serve_files
from tests.support.servers.lookalike import running_server

READ, WRITE = "r" * 32, "w" * 32

# Where the example's server is to be.
EXAMPLE = "https://photos.shop.example"

DROP = "(box, transfer) => box.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }))"
LINK = "() => { const transfer = new DataTransfer(); transfer.setData('text/plain', 'a link'); return transfer; }"


def example() -> str:
    """Return the page in the document."""
    (page,) = re.findall(r"```html\n(.*?)```", (ROOT / "frontend/finder/README.md").read_text(encoding="utf-8"), re.S)
    return page


@pytest.fixture
def shop() -> Iterator[FileServer]:
    """The shop's web server."""
    with serve_files() as shop:
        shop.files["/favicon.ico"] = b""
        yield shop


@pytest.fixture(params=["anonymous", "key"])
def page_of_the_shop(
    request: pytest.FixtureRequest, shop: FileServer, drawn_model: Path, drawn_groups: Groups, tmp_path: Path
) -> Iterator[str]:
    """
    The example's page, for a server that the shop's pages may use: without a key, or with the one that they have.

    It has four dots, the last two with the tag "sale" and the first three at a price of 10, and one of each other kind.
    """
    anonymous = {"LOOKALIKE_ANONYMOUS": "read"} if request.param == "anonymous" else {}
    variables = {"LOOKALIKE_API_KEYS": f"read:{READ},write:{WRITE}", "LOOKALIKE_ORIGINS": shop.address, **anonymous}
    dots, others = drawn_groups["dots"][:4], [paths[0] for name, paths in drawn_groups.items() if name != "dots"]
    with running_server(tmp_path / "data", str(drawn_model), variables=variables) as server:
        with Client(server.url, WRITE, cache=tmp_path / "models") as library:
            for path in [*dots, *others]:
                tags = ["sale"] if path in dots[2:] else []
                price = 10 if path in dots[:3] else 50
                library.add(path, tags=tags, attributes={"article": f"no-{title(path)}", "price": price})
        page = example().replace(EXAMPLE, server.url)
        yield page if anonymous else page.replace("Finder()", f'Finder("{READ}")')


def test_the_shop_of_the_example(
    context: BrowserContext, shop: FileServer, page_of_the_shop: str, drawn_groups: Groups, tmp_path: Path
) -> None:
    """A photo that is chosen or dropped leads to the shop's own articles; only its vectors leave the browser."""
    shop.files["/"] = page_of_the_shop.encode()
    dots, wanted = drawn_groups["dots"], drawn_groups["dots"][4]
    with context.new_page() as page:
        visit = Visit(page, shop.address)
        visit.tolerated = ["requires SharedArrayBuffer"]  # PyScript's hint; nothing here uses what it speaks of.
        visit.open()
        expect(page.locator("#box")).to_be_visible()
        page.set_input_files("#photo", wanted)
        first = page.locator("#found a").first
        expect(first).to_have_attribute("href", re.compile("/articles/no-"))
        found = {link.text_content() for link in page.locator("#found a").all()[:4]}
        assert found == {title(path) for path in dots[:4]}
        assert first.get_attribute("href") == f"/articles/no-{first.text_content()}"
        visit.until(lambda: first.locator("img").evaluate("image => image.naturalWidth") > 0)
        assert all(request.method != "PUT" for request in visit.requests)

        box = page.locator("#box")
        box.evaluate(DROP, page.evaluate_handle(LINK))
        expect(page.locator("#said")).to_have_text("That is no photo: drop or choose a file.")
        (damaged := tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 damaged")
        box.evaluate(DROP, data_transfer(page, damaged))
        expect(page.locator("#said")).to_contain_text("damaged")
        box.evaluate(DROP, data_transfer(page, dots[0]))
        expect(page.locator("#found a").first).to_have_text(title(dots[0]))
    assert visit.complaints == []


@pytest.mark.parametrize("page_of_the_shop", ["anonymous"], indirect=True)
def test_only_some_articles(
    context: BrowserContext, shop: FileServer, page_of_the_shop: str, drawn_groups: Groups
) -> None:
    """A page can ask for articles that have all of some tags, and pass other conditions of the API."""
    dots = drawn_groups["dots"]
    condition = {"name": "price", "at_most": 20}
    passing = f'tags=["sale"], filters={{"attributes": [{condition}]}}'
    shop.files["/"] = page_of_the_shop.replace("limit=12", f"limit=12, {passing}").encode()
    with context.new_page() as page:
        Visit(page, shop.address).open()
        expect(page.locator("#box")).to_be_visible()
        page.set_input_files("#photo", dots[4])
        expect(page.locator("#found a")).to_have_text([title(dots[2])])


@pytest.mark.parametrize("page_of_the_shop", ["anonymous"], indirect=True)
def test_a_server_that_is_away(
    context: BrowserContext, shop: FileServer, page_of_the_shop: str, drawn_groups: Groups
) -> None:
    """The page says so, and a search finds once the server is back."""
    shop.files["/"] = page_of_the_shop.encode()
    with context.new_page() as page:
        page.route("**/api/v1/**", lambda route: route.abort())
        visit = Visit(page, shop.address).open()
        expect(page.locator("#box")).to_be_visible()
        page.set_input_files("#photo", drawn_groups["dots"][4])
        expect(page.locator("#said")).to_contain_text("cannot be reached")
        page.unroute("**/api/v1/**")
        page.set_input_files("#photo", drawn_groups["dots"][5])
        expect(page.locator("#found a").first).to_contain_text("dots")
        assert visit.complaints
