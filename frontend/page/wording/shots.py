"""How a photo was taken, in the words of photographers. Pure, so that it is tested without a browser."""


def exposure_text(shot: dict) -> str:
    """Write exposure, aperture and sensitivity, as far as they are known: '1/640 s · f/5.6 · ISO 400'."""
    parts = []
    if shot["exposure_s"]:
        parts.append(seconds_text(shot["exposure_s"]) + " s")
    if shot["f_number"]:
        parts.append("f/" + short(shot["f_number"]))
    if shot["iso"]:
        parts.append(f"ISO {shot['iso']}")
    return " · ".join(parts)


def focal_length_text(shot: dict) -> str:
    """Write a focal length, and which one shows as much on 35 mm film: '6.8 mm (24 mm equivalent)'."""
    length, equivalent = shot["focal_length_mm"], shot["equivalent_focal_length_mm"]
    if not length:
        return f"{equivalent} mm equivalent" if equivalent else ""
    text = short(length) + " mm"
    return f"{text} ({equivalent} mm equivalent)" if equivalent and equivalent != round(length) else text


def place_text(coordinates: dict) -> str:
    """Write a place on Earth: '48.1371° N, 11.5754° E', to some ten metres."""
    latitude, longitude = coordinates["latitude"], coordinates["longitude"]
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.4f}° {north}, {abs(longitude):.4f}° {east}"


def seconds_text(seconds: float) -> str:
    """Write an exposure as cameras do: below a third of a second as a fraction of one."""
    return f"1/{round(1 / seconds)}" if seconds < 0.3 else short(seconds)


def short(number: float) -> str:
    """Write a number to a tenth, without a zero at the end."""
    text = f"{number:.1f}"
    return text[:-2] if text.endswith(".0") else text
