"""Drawing by clicks and by drags, grabbing and moving, as the hand does it."""

from __future__ import annotations

import math

import pytest

from radassist.domain.findings import ImageRef
from radassist.domain.measuring import planar
from radassist.domain.measuring.annotation import POINTS, Annotation, Point, Shape
from radassist.domain.measuring.measured import ImageFacts, measure
from radassist.viewer.annotating import Drawing, dragged, grip_at, move, press, release
from radassist.viewer.figures import figure_of, label_lines
from radassist.viewer.transform import Transform

#: Two logical pixels of the screen for one of the image.
VIEW = Transform(2.0, 2.0, 10.0, 20.0)
IMAGE = ImageRef("1", "2", "3")
CLICKED = tuple(s for s in Shape if s is not Shape.FREEHAND)


def click(drawing: Drawing, at: Point) -> Drawing:
    done = release(press(move(drawing, at, VIEW), at), at, VIEW)
    assert done is not None
    return done


def drag(drawing: Drawing, start: Point, end: Point) -> Drawing:
    done = release(move(press(drawing, start), end, VIEW), end, VIEW)
    assert done is not None
    return done


@pytest.mark.parametrize("shape", [s for s in CLICKED if s is not Shape.ARROW])
def test_clicks_set_exactly_the_points_of_a_shape(shape: Shape) -> None:
    drawing = Drawing(shape)
    for number in range(POINTS[shape][1]):
        assert not drawing.finished
        drawing = click(drawing, (10.0 * number, 5.0))
    assert drawing.finished
    assert drawing.points == tuple((10.0 * n, 5.0) for n in range(POINTS[shape][1]))
    Annotation("a", shape, IMAGE, drawing.points)


@pytest.mark.parametrize("shape", [Shape.LENGTH, Shape.ELLIPSE, Shape.RECTANGLE])
def test_one_drag_draws_a_shape_of_two_points(shape: Shape) -> None:
    drawing = drag(Drawing(shape), (3, 4), (30, 44))
    assert drawing.finished
    assert drawing.points == ((3, 4), (30, 44))


@pytest.mark.parametrize("shape", [Shape.COBB, Shape.BIDIRECTIONAL, Shape.CTR])
def test_two_drags_draw_a_shape_of_two_lines(shape: Shape) -> None:
    drawing = drag(drag(Drawing(shape), (0, 0), (20, 0)), (5, 5), (5, 25))
    assert drawing.finished
    assert drawing.points == ((0, 0), (20, 0), (5, 5), (5, 25))


def test_a_shaky_click_is_a_click() -> None:
    drawing = drag(Drawing(Shape.ANGLE), (10, 10), (11, 11))  # 2.8 logical pixels
    assert drawing.points == ((10, 10),)


def test_the_pointer_shows_the_next_point() -> None:
    drawing = move(click(Drawing(Shape.LENGTH), (1, 1)), (40, 2), VIEW)
    assert drawing.shown == ((1, 1), (40, 2))


def test_an_outline_follows_the_pressed_pointer() -> None:
    drawing = press(Drawing(Shape.FREEHAND), (50, 50))
    for step in range(200):
        turn = 2 * math.pi * step / 200
        drawing = move(drawing, (30 + 20 * math.cos(turn), 50 + 20 * math.sin(turn)), VIEW)
    done = release(drawing, (50, 50), VIEW)
    assert done is not None
    assert done.finished
    assert planar.polygon_area(done.points, None) == pytest.approx(math.pi * 400, rel=0.01)
    # Points closer than two logical pixels to the last one are not set.
    assert len(done.points) < 130
    assert release(press(Drawing(Shape.FREEHAND), (5, 5)), (5, 5), VIEW) is None


def annotation(shape: Shape, *points: Point, name: str = "a") -> Annotation:
    return Annotation(name, shape, IMAGE, points)


def test_a_handle_is_grabbed_before_a_line() -> None:
    line = annotation(Shape.LENGTH, (0, 0), (100, 0))
    held = grip_at([line], (98, 1), VIEW)
    assert held is not None
    assert held.handle == 1
    assert dragged(held, (98, 1), (98, 31)).points == ((0, 0), (100, 30))
    middle = grip_at([line], (50, 1), VIEW)
    assert middle is not None
    assert middle.handle is None
    assert dragged(middle, (50, 1), (52, 4)).points == ((2, 3), (102, 3))
    assert grip_at([line], (50, 10), VIEW) is None


def test_the_latest_of_two_is_grabbed() -> None:
    below, above = (annotation(Shape.LENGTH, (0, 0), (50, 0), name=n) for n in ("below", "above"))
    held = grip_at([below, above], (0, 0), VIEW)
    assert held is not None
    assert held.annotation.id == "above"


def test_an_ellipse_is_grabbed_at_its_border_not_in_its_middle() -> None:
    ring = annotation(Shape.ELLIPSE, (0, 0), (100, 60))
    assert grip_at([ring], (50, 0.5), VIEW) is not None
    assert grip_at([ring], (50, 30), VIEW) is None


def test_an_outline_is_moved_as_a_whole() -> None:
    shape = annotation(Shape.FREEHAND, (0, 0), (40, 0), (40, 40), (0, 40))
    held = grip_at([shape], (0, 0), VIEW)
    assert held is not None
    assert held.handle is None


def test_a_drawn_ellipse_has_the_area_of_the_measured_one() -> None:
    corners = (10.0, 10.0), (410.0, 210.0)
    line = figure_of(Shape.ELLIPSE, corners).lines[0]
    exact = measure(annotation(Shape.ELLIPSE, *corners), ImageFacts(999, 999)).main
    assert exact is not None
    assert planar.polygon_area(line[:-1], None) == pytest.approx(exact.value, rel=0.002)


@pytest.mark.parametrize("shape", list(Shape))
def test_an_unfinished_shape_can_be_drawn_at_any_moment(shape: Shape) -> None:
    for count in range(POINTS[shape][0] + 1):
        figure_of(shape, [(float(i), float(i * i)) for i in range(count)])


def test_words_beside_a_bidirectional_measurement() -> None:
    lesion = Annotation(
        "a", Shape.BIDIRECTIONAL, IMAGE, ((0, 0), (24, 0), (10, -5), (10, 5)), "Lesion 1"
    )
    facts = ImageFacts(99, 99, (0.5, 0.5), "PixelSpacing")
    assert label_lines(lesion, measure(lesion, facts)) == ("Lesion 1", "12.0 × 5.0 mm")
