"""
Which files in a folder belong to which photo: XMP beside it, and the JSON that Google Takeout puts there.

Pure, so that it is tested without a browser.

    IMG_1.jpg           IMG_1.jpg.xmp, or IMG_1.xmp
    IMG_1.jpg           IMG_1.jpg.json, or IMG_1.jpg.supplemental-metadata.json, cut anywhere in its second part
    IMG_1(2).jpg        IMG_1.jpg(2).json, or IMG_1.jpg.supplemental-metadata(2).json
    IMG_1-edited.jpg    as IMG_1.jpg

Source of Takeout's names: exports of 2019 to 2025; Google describes them nowhere.
"""

ENDINGS = (".xmp", ".json")

# What Takeout adds since 2024.
ADDED = ".supplemental-metadata"

# Takeout cuts the name of such a file to so many characters, without `.json` and a number. Cut ones have been seen with
# up to three fewer.
MOST_CHARS = 46
CUT_CHARS = 43

# What Google Photos adds to the name of a photo that was changed there, in the languages that were seen.
EDITED = ("-edited", "-bearbeitet", "-modifié", "-editado", "-modificato", "-bewerkt")


def is_sidecar(name: str) -> bool:
    """Tell whether a file may belong to a photo, by its name."""
    return name.lower().endswith(ENDINGS)


def sidecars_of(photo: str, paths: dict[str, str]) -> list[str]:
    """
    Return the paths of the files that belong to a photo: XMP first, which people have written themselves.

    Args:
        photo: Its path.
        paths: All paths that may be of such files: in small letters -> as they are.
    """
    end = photo.rfind("/") + 1
    folder, name = photo[:end].lower(), photo[end:].lower()
    names = [name + ".xmp", stem_and_ending(name)[0] + ".xmp"]
    found = [first_of([folder + each for each in names], paths)]
    found.append(first_of([folder + each for each in takeout_names(name)], paths))
    return [path for path in found if path]


def takeout_names(name: str) -> list[str]:
    """Return what Takeout may call the file that belongs to a photo, the likeliest first."""
    stem, ending = stem_and_ending(name)
    names = names_of(name, "")
    base, number = without_number(stem)
    if number:
        names += names_of(base + ending, number)
    for edited in EDITED:
        if base.endswith(edited):
            names += names_of(base[: -len(edited)] + ending, number)
    return names


def names_of(photo: str, number: str) -> list[str]:
    """Return the names for a photo whose number, such as `(2)`, stands in front of their ending."""
    whole = photo + ADDED
    least = min(len(photo), CUT_CHARS)
    lengths = [len(photo)] if len(photo) <= MOST_CHARS else []
    lengths += [length for length in range(min(len(whole), MOST_CHARS), least - 1, -1) if length != len(photo)]
    return [f"{whole[:length]}{number}.json" for length in lengths]


def without_number(stem: str) -> tuple[str, str]:
    """Part the number of a photo that came with the same name as another, such as `(2)`, from its name."""
    start = stem.rfind("(")
    if start > 0 and stem.endswith(")") and stem[start + 1 : -1].isdigit():
        return stem[:start], stem[start:]
    return stem, ""


def stem_and_ending(name: str) -> tuple[str, str]:
    """Part a name before its last dot."""
    dot = name.rfind(".")
    return (name[:dot], name[dot:]) if dot > 0 else (name, "")


def first_of(candidates: list[str], paths: dict[str, str]) -> str:
    """Return the first of some paths that is there, as it is written; empty if none is."""
    for path in candidates:
        if path in paths:
            return paths[path]
    return ""
