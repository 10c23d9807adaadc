"""What one sees of the map: where one looks, movements, and a frame whenever something has changed."""

from pyscript import window
from pyscript.ffi import create_proxy

from frontend.page.browser.dom import find
from frontend.page.map.camera import Camera, between, eased, side_of
from frontend.page.map.flat_canvas import FlatCanvas
from frontend.page.map.gl_canvas import GLCanvas
from frontend.page.map.near_photos import UNITS

# How long photos take from one place to another, and a step of the zoom takes.
MOVE_MS = 400
GLIDE_MS = 220

# How long the map has to lie still before what is near is looked at. A guess.
PAUSE_MS = 120


class MapView:
    """The stage with its canvas, and the layer of names and photos on it."""

    def __init__(self, map_worker, on_look, on_rest, on_renewed) -> None:
        """
        Begin with an empty map.

        Args:
            map_worker: Draws the map where the browser cannot.
            on_look: Called with the `Camera` in each frame.
            on_rest: Called when one has looked at the same part for a moment.
            on_renewed: Called when the graphics hardware has forgotten everything, as it may after a sleep.
        """
        self.camera = Camera()
        self.canvas, self.is_flat = canvas_for(map_worker)
        self._stage = find("map-stage")
        self._layer = find("map-layer")
        self._on_look = on_look
        self._on_rest = on_rest
        self._calm = window.matchMedia("(prefers-reduced-motion: reduce)")
        self._frame_asked = False
        self._rest_timer = 0
        self._moving_since = -MOVE_MS
        # Where the movement of the camera began, where it ends and when it began.
        self._glide = None
        self._scaled = 0.0
        element = find("map-canvas")
        element.addEventListener("webglcontextlost", lambda event: event.preventDefault())
        element.addEventListener("webglcontextrestored", lambda event: self._renew(on_renewed))
        self._draw_proxy = create_proxy(self._draw)
        window.ResizeObserver.new(create_proxy(lambda entries, observer: self._resized())).observe(self._stage)

    def begin(self, count: int, aspect: float) -> None:
        """Show all of a map of so many photos, see `Camera`; they have no places yet."""
        box = self._stage.getBoundingClientRect()
        self.camera = Camera(aspect, side_of(count, aspect), max(box.width, 1), max(box.height, 1))
        self._glide = None
        self.canvas.begin(count, aspect)
        self.ask()

    def is_upright(self) -> bool:
        """Whether the stage is higher than wide."""
        box = self._stage.getBoundingClientRect()
        return box.height > box.width

    def set_positions(self, positions, at_once: bool = False) -> None:
        """Let photos move to other positions."""
        self.canvas.set_positions(positions)
        self._moving_since = window.performance.now() - (MOVE_MS if at_once or self._calm.matches else 0)
        self.ask()

    def move(self, dx_px: float, dy_px: float) -> None:
        """Move what is in view."""
        self._glide = None
        if self.camera.move(dx_px, dy_px):
            self._looked()

    def zoom(self, factor: float, x_px: float, y_px: float) -> None:
        """Zoom, with a point that stays in place."""
        self._glide = None
        if self.camera.zoom_at(factor, x_px, y_px):
            self._looked()

    def glide(self, factor: float, point: tuple | None = None) -> None:
        """Zoom as a movement; without a point of the stage, its middle stays in place."""
        begun = self._look()
        if self._glide:
            self.camera.look(*self._glide[1])
        before = self._look()
        x_px, y_px = point or (self.camera.width / 2, self.camera.height / 2)
        self.camera.zoom_at(factor, x_px, y_px)
        if self._look() != before:
            self._go(begun, self._look())
        else:
            self.camera.look(*begun)

    def go_to(self, x: float, y: float, zoom: float) -> bool:
        """Move to a point of the map, as far as it goes; returns whether there is a way to go."""
        begun = self._look()
        moves = self.camera.look(x, y, zoom)
        if moves:
            self._go(begun, self._look())
        return moves

    def look_at(self, x: float, y: float) -> None:
        """Have a point of the map in the middle, at once."""
        self._glide = None
        if self.camera.look(x, y, self.camera.zoom):
            self._looked()

    def fit(self) -> None:
        """Show all of the map."""
        self.go_to(self.camera.aspect / 2, 0.5, 1)

    def ask(self) -> None:
        """Have a frame drawn."""
        if not self._frame_asked:
            self._frame_asked = True
            window.requestAnimationFrame(self._draw_proxy)

    def rest_soon(self) -> None:
        """Let what is near be looked at once nothing has moved for a moment."""
        self._stage.setAttribute("aria-busy", "true")
        window.clearTimeout(self._rest_timer)
        self._rest_timer = window.setTimeout(self._rest, PAUSE_MS)

    def _renew(self, on_renewed) -> None:
        self.canvas = GLCanvas(find("map-canvas"))
        self._resized()
        on_renewed()

    def _rest(self) -> None:
        if self._glide:
            self.rest_soon()
        else:
            self._on_rest()

    def _look(self) -> tuple:
        return self.camera.x, self.camera.y, self.camera.zoom

    def _go(self, begun: tuple, end: tuple) -> None:
        if not self._calm.matches:
            self._glide = (begun, end, window.performance.now())
            self.camera.look(*begun)
        self._looked()

    def _looked(self) -> None:
        self.ask()
        self.rest_soon()

    def _resized(self) -> None:
        box = self._stage.getBoundingClientRect()
        if box.width and box.height:
            self.camera.resize(box.width, box.height)
            self.canvas.resize(box.width, box.height)
            self._scaled = 0.0
            self._draw(window.performance.now())
            self.rest_soon()

    def _draw(self, now: float) -> None:
        self._frame_asked = False
        if self._glide:
            begun, end, since = self._glide
            share = min(max((now - since) / GLIDE_MS, 0), 1)
            self.camera.look(*between(begun, end, eased(share)))
            if share == 1:
                self.camera.look(*end)
                self._glide = None
        moved = min(max((now - self._moving_since) / MOVE_MS, 0), 1)
        self.canvas.draw(self.camera, eased(moved))
        self._place_layer()
        self._on_look(self.camera)
        if self._glide or moved < 1:
            self.ask()

    def _place_layer(self) -> None:
        """Move and scale names and photos as one, which the browser does without looking at any of them."""
        camera = self.camera
        left, top = camera.pixel_of(0, 0)
        style = self._layer.style
        style.transform = f"translate({left:.2f}px,{top:.2f}px) scale({camera.scale / UNITS:.6f})"
        if camera.scale != self._scaled:
            self._scaled = camera.scale
            style.setProperty("--inverse", f"{UNITS / camera.scale:.6f}")
            style.setProperty("--size", f"{camera.photo_px:.3f}px")


def canvas_for(map_worker) -> tuple:
    """Return what draws the map in this browser, and whether that is without the help of graphics hardware."""
    try:
        return GLCanvas(find("map-canvas")), False
    except ValueError as exc:
        window.console.info(f"The map is drawn without WebGL: {exc}")
    used = find("map-canvas")
    fresh = used.cloneNode()  # One that has been asked for WebGL may give nothing else.
    used.replaceWith(fresh)
    return FlatCanvas(fresh, map_worker), True
