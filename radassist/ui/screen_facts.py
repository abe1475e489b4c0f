"""What the screen and the graphics driver say of themselves."""

from __future__ import annotations

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext, QScreen

from radassist.workflow.speed import Fact

_GL_RENDERER, _GL_VERSION = 0x1F01, 0x1F02
#: Images, report and chat beside each other need about so many logical pixels.
_SMALLEST = (1280, 800)


def screen_facts(screen: QScreen) -> list[Fact]:
    """Size, scale and depth of a screen."""
    size, ratio = screen.size(), screen.devicePixelRatio()
    scale = round(100 * ratio * screen.logicalDotsPerInch() / 96)
    pixels = f"{round(size.width() * ratio)} x {round(size.height() * ratio)}"
    roomy = size.width() >= _SMALLEST[0] and size.height() >= _SMALLEST[1]
    depth = screen.depth()
    return [
        Fact("Screen", f"{pixels} pixels at {scale} %", roomy),
        Fact("Colour depth", f"{_channel_bits(depth)} bits a channel", depth >= 24),
    ]


def _channel_bits(depth: int) -> int:
    """Bits of one colour: a depth of 32 is 24 and an unused byte, one of 30 is ten each."""
    return 8 if depth in (24, 32) else depth // 3


def offscreen_surface() -> QOffscreenSurface:
    """What ``renderer_fact`` draws on; made on the window's thread."""
    surface = QOffscreenSurface()
    surface.create()
    return surface


def renderer_fact(surface: QOffscreenSurface) -> Fact:
    """The OpenGL renderer; on a worker thread, because drivers take their time to load."""
    context = QOpenGLContext()
    if not surface.isValid() or not context.create() or not context.makeCurrent(surface):
        return Fact("OpenGL", "none: volumes are drawn by the processor", False)
    functions = context.functions()
    renderer = str(functions.glGetString(_GL_RENDERER) or "unknown")
    version = str(functions.glGetString(_GL_VERSION) or "").partition(" ")[0]
    context.doneCurrent()
    software = any(word in renderer.lower() for word in ("llvmpipe", "softpipe", "swiftshader"))
    name = f"{renderer} {version}".strip()[:80]
    return Fact("OpenGL", f"{name} (no graphics card)" if software else name, not software)
