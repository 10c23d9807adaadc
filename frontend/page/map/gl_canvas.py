"""
Draws all photos of the map with one call a frame: WebGL, a rectangle for each photo from an atlas of thumbnails.

The arrays come from the worker as they are; Python only hands them on, and says where one looks. Without graphics
hardware a frame takes the processor too long: then what is drawn is moved and scaled, and drawn anew once it rests.
"""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.map.canvas_shift import shift

# As the worker draws them: `TILES` and `TILE_PX`, `CLOSE_TILES`, `CLOSE_ROWS` and `CLOSE_PX` of photo_map.
TILES = 64
TILE_PX = 32
CLOSE_TILES = 16
CLOSE_ROWS = 32
CLOSE_PX = 128

VERTEX = """#version 300 es
precision highp float;
uniform vec4 view;    // the middle, and how far it is to the edges of the stage, in heights of the map
uniform vec4 look;    // the side of a photo in heights of the map and in pixels, the share of its way, the atlas' rows
uniform vec2 range;   // of the times that are not dimmed
uniform vec2 mosaic;  // before they have places: of how many columns and rows, 0 if they have
uniform float aspect;
in vec2 corner;
in vec2 before;
in vec2 place;
in float shape;
in float slot;
in float time;
in float state;
in vec4 colour;
in vec4 mean;
out vec2 tile_at;
out vec2 close_at;
out vec2 pixel;
flat out vec2 size;
flat out vec4 ring;
flat out float close;
flat out float shown;
flat out vec3 ground;
void main() {
  vec2 parts = vec2(min(shape, 1.0), min(1.0 / shape, 1.0));
  vec2 begun = before;
  if (mosaic.x > 0.0) {
    float number = float(gl_InstanceID);
    begun = (vec2(mod(number, mosaic.x), floor(number / mosaic.x)) + 0.5) / mosaic * vec2(aspect, 1.0);
  }
  vec2 middle = mix(begun, place, look.z);
  vec2 at = (middle + (corner - 0.5) * parts * look.x - view.xy) / view.zw;
  gl_Position = state < 0.5 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(at.x, -at.y, 0.0, 1.0);
  vec2 inner = corner * 0.96 + 0.02;
  tile_at = (vec2(gl_InstanceID % 64, gl_InstanceID / 64) + inner) / vec2(64.0, look.w);
  close = slot < 0.0 ? 0.0 : 1.0;
  close_at = (vec2(mod(slot, 16.0), floor(slot / 16.0)) + corner * 0.992 + 0.004) / vec2(16.0, 32.0);
  size = parts * look.y;
  pixel = corner * size;
  float thick = clamp(look.y * 0.1, 1.2, 4.0);
  ring = state > 1.5 ? vec4(0.65, 0.65, 1.0, thick * 1.3) : vec4(colour.rgb, colour.a * thick);
  shown = time >= range.x && time <= range.y ? 1.0 : 0.1;
  ground = mean.rgb;
}
"""

FRAGMENT = """#version 300 es
precision mediump float;
uniform sampler2D tiles;
uniform sampler2D near;
in vec2 tile_at;
in vec2 close_at;
in vec2 pixel;
flat in vec2 size;
flat in vec4 ring;
flat in float close;
flat in float shown;
flat in vec3 ground;
out vec4 result;
void main() {
  vec4 texel = close > 0.5 ? texture(near, close_at) : texture(tiles, tile_at);
  vec3 seen = mix(ground, texel.rgb, texel.a);
  float radius = min(4.0, 0.12 * min(size.x, size.y));
  vec2 inside = min(pixel, size - pixel);
  float depth = radius - length(max(radius - inside, 0.0)) + max(min(inside.x, inside.y) - radius, 0.0);
  if (ring.a > 0.5 && depth < ring.a) seen = ring.rgb;
  float there = (radius < 1.0 ? 1.0 : clamp(depth + 0.5, 0.0, 1.0)) * shown;
  result = vec4(seen * there, there);
}
"""

# Without graphics hardware, how long the map lies still before it is drawn anew. A guess.
SETTLE_MS = 100

# Parts of the names of renderers that use none: Chromium's, Mesa's and Windows' own. (The option
# failIfMajorPerformanceCaveat does not tell.)
BY_PROCESSOR = ("swiftshader", "llvmpipe", "softpipe", "software", "basic render")

# Name of an attribute, how many values it has, and whether they are bytes, of which 255 is 1.
ATTRIBUTES = (
    ("before", 2, False),
    ("place", 2, False),
    ("shape", 1, False),
    ("slot", 1, False),
    ("time", 1, False),
    ("state", 1, True),
    ("colour", 4, True),
    ("mean", 4, True),
)

# The shade of grey of photos that nothing is known of, as in scatter.py.
UNKNOWN = 48


class GLCanvas:
    """A canvas on which photos are drawn."""

    def __init__(self, canvas) -> None:
        """
        Prepare to draw.

        Raises:
            ValueError: The browser has no WebGL 2.
        """
        self._canvas = canvas
        options = to_js({"alpha": False, "antialias": False, "depth": False, "powerPreference": "low-power"})
        self._gl = gl = canvas.getContext("webgl2", options)
        if not gl:
            raise ValueError("This browser has no WebGL 2.")
        self._is_quick = not is_drawn_by_processor(gl)
        self._program = program = self._compiled()
        gl.useProgram(program)
        self._view, self._look, self._range, self._mosaic, self._aspect = [
            gl.getUniformLocation(program, name) for name in ("view", "look", "range", "mosaic", "aspect")
        ]
        self._buffers = {}
        self._place("corner", 2, False, 0)
        gl.bufferData(gl.ARRAY_BUFFER, window.Float32Array.new(to_js([0, 0, 1, 0, 0, 1, 1, 1])), gl.STATIC_DRAW)
        for name, values, are_bytes in ATTRIBUTES:
            self._place(name, values, are_bytes, 1)
        self._tiles = self._texture("tiles", 0, gl.LINEAR_MIPMAP_NEAREST)
        self._near = self._texture("near", 1, gl.LINEAR)
        gl.enable(gl.BLEND)
        gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
        gl.clearColor(0.043, 0.047, 0.063, 1)
        gl.uniform2f(self._range, -1, 2)
        self._count = 0
        self._rows = 1
        self._positions = None
        # What the canvas shows: the middle, the scale; and whether photos have changed since.
        self._drawn = (0, 0, 1)
        self._has_changed = True
        self._camera = None
        self._timer = 0

    def begin(self, count: int, aspect: float) -> None:
        """Prepare for a number of photos, of which nothing is known yet; they lie side by side on all of the map."""
        gl = self._gl
        self._count = count
        self._positions = None
        self._rows = max((count + TILES - 1) // TILES, 1)
        for name, values, are_bytes in ATTRIBUTES:
            kind = window.Uint8Array if are_bytes else window.Float32Array
            filler = {"shape": 1, "slot": -1, "state": 1, "mean": UNKNOWN}.get(name, 0)
            self._set(name, kind.new(max(count * values, 1)).fill(filler))
        self._allocate(self._tiles, 0, TILES * TILE_PX, self._rows * TILE_PX)
        self._allocate(self._near, 1, CLOSE_TILES * CLOSE_PX, CLOSE_ROWS * CLOSE_PX)
        self.refine()
        gl.uniform2f(self._range, -1, 2)
        columns = max(round((count * aspect) ** 0.5), 1)
        gl.uniform2f(self._mosaic, columns, max((count + columns - 1) // columns, 1))
        gl.uniform1f(self._aspect, aspect)

    def resize(self, width: float, height: float) -> None:
        """Give the canvas as many pixels as the screen has there; width and height are in CSS pixels."""
        ratio = min(window.devicePixelRatio, 2)
        self._canvas.width = round(width * ratio)
        self._canvas.height = round(height * ratio)
        self._gl.viewport(0, 0, self._canvas.width, self._canvas.height)
        self._has_changed = True

    def set_positions(self, positions) -> None:
        """Let photos move from where they are to other positions, as `draw` says."""
        if self._positions:
            self._set("before", self._positions)
            self._gl.uniform2f(self._mosaic, 0, 0)
        self._set("place", positions)
        self._positions = positions

    def set_values(self, name: str, values) -> None:
        """Set the `shape`, `slot`, `time`, `state`, `colour` or `mean` of all photos."""
        self._set(name, values)

    def set_range(self, first: float, last: float) -> None:
        """Dim the photos whose time is not within a range."""
        self._gl.uniform2f(self._range, first, last)
        self._has_changed = True

    def put_row(self, number: int, strip) -> None:
        """Put rows of thumbnails, of which the first has this number, into the atlas of all photos."""
        self._put(self._tiles, 0, number * TILE_PX, strip)

    def refine(self) -> None:
        """Show the rows that were put into the atlas since the last time where photos are small, too."""
        gl = self._gl
        gl.activeTexture(gl.TEXTURE0)
        gl.generateMipmap(gl.TEXTURE_2D)

    def put_close_row(self, number: int, strip) -> None:
        """Put a row of thumbnails into the atlas of the photos that are seen from near by."""
        self._put(self._near, 1, number * CLOSE_PX, strip)

    def draw(self, camera, share: float) -> None:
        """Draw a frame; `share` is how far photos are on their way to their positions."""
        self._camera = camera
        if self._is_quick or share < 1 or self._has_changed:
            self._render(camera, share)
            return
        shift(self._canvas, self._drawn, camera)
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: self._render(self._camera, 1), SETTLE_MS)

    def _render(self, camera, share: float) -> None:
        gl = self._gl
        self._has_changed = share < 1
        share = share if self._positions else 0
        self._drawn = (camera.x, camera.y, camera.scale)
        self._canvas.style.transform = ""
        half = 0.5 / camera.scale
        gl.uniform4f(self._view, camera.x, camera.y, camera.width * half, camera.height * half)
        gl.uniform4f(self._look, camera.photo_px / camera.scale, camera.photo_px, share, self._rows)
        gl.clear(gl.COLOR_BUFFER_BIT)
        gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, self._count)

    def _compiled(self):
        gl = self._gl
        program = gl.createProgram()
        for kind, source in ((gl.VERTEX_SHADER, VERTEX), (gl.FRAGMENT_SHADER, FRAGMENT)):
            shader = gl.createShader(kind)
            gl.shaderSource(shader, source)
            gl.compileShader(shader)
            gl.attachShader(program, shader)
        gl.linkProgram(program)
        if not gl.getProgramParameter(program, gl.LINK_STATUS):
            raise ValueError(gl.getProgramInfoLog(program) or "The map's drawing cannot be compiled.")
        return program

    def _place(self, name: str, values: int, are_bytes: bool, per_photo: int) -> None:
        """Make the buffer of an attribute."""
        gl = self._gl
        self._buffers[name] = buffer = gl.createBuffer()
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
        location = gl.getAttribLocation(self._program, name)
        gl.enableVertexAttribArray(location)
        # A state is the number itself, a colour's and a mean's 255 is 1.
        kind = gl.UNSIGNED_BYTE if are_bytes else gl.FLOAT
        gl.vertexAttribPointer(location, values, kind, name in ("colour", "mean"), 0, 0)
        gl.vertexAttribDivisor(location, per_photo)

    def _set(self, name: str, values) -> None:
        gl = self._gl
        gl.bindBuffer(gl.ARRAY_BUFFER, self._buffers[name])
        gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW)
        self._has_changed = True

    def _texture(self, name: str, unit: int, when_smaller: int):
        gl = self._gl
        texture = gl.createTexture()
        gl.activeTexture(gl.TEXTURE0 + unit)
        gl.bindTexture(gl.TEXTURE_2D, texture)
        for parameter, value in (
            (gl.TEXTURE_MIN_FILTER, when_smaller),
            (gl.TEXTURE_MAG_FILTER, gl.LINEAR),
            (gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE),
            (gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE),
            (gl.TEXTURE_MAX_LEVEL, 2),  # Further ones would mix neighbours.
        ):
            gl.texParameteri(gl.TEXTURE_2D, parameter, value)
        gl.uniform1i(gl.getUniformLocation(self._program, name), unit)
        return texture

    def _allocate(self, texture, unit: int, width: int, height: int) -> None:
        gl = self._gl
        gl.activeTexture(gl.TEXTURE0 + unit)
        gl.bindTexture(gl.TEXTURE_2D, texture)
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, None)

    def _put(self, texture, unit: int, y: int, strip) -> None:
        gl = self._gl
        gl.activeTexture(gl.TEXTURE0 + unit)
        gl.bindTexture(gl.TEXTURE_2D, texture)
        gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, y, gl.RGBA, gl.UNSIGNED_BYTE, strip)
        self._has_changed = True


def is_drawn_by_processor(gl) -> bool:
    """Tell whether a browser only plays the graphics hardware that the machine lacks."""
    details = gl.getExtension("WEBGL_debug_renderer_info")
    name = str(gl.getParameter(details.UNMASKED_RENDERER_WEBGL if details else gl.RENDERER)).lower()
    return any(known in name for known in BY_PROCESSOR)
