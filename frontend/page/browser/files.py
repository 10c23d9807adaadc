"""Lists of files as the browser gives them."""


def listed(files) -> list:
    """Return a FileList as a list; the browser empties a FileList once its event is over."""
    return [files.item(index) for index in range(files.length)]
