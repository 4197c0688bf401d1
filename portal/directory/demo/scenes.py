"""Drawings of studios, made of lines and gradients. Deterministic."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from portal.directory.demo.chance import source

SIZE = (960, 640)
WIDE, HIGH = SIZE
Colour = tuple[int, int, int]

# dark, middle, light, accent
PALETTES: dict[str, tuple[Colour, Colour, Colour, Colour]] = {
    "amber": ((43, 24, 16), (148, 74, 28), (246, 205, 140), (255, 166, 64)),
    "terracotta": ((46, 22, 22), (158, 70, 54), (248, 214, 190), (236, 110, 76)),
    "plum": ((34, 20, 38), (104, 50, 92), (240, 204, 214), (232, 118, 140)),
    "olive": ((28, 30, 18), (104, 104, 52), (240, 232, 190), (214, 178, 74)),
    "teal": ((14, 30, 34), (34, 98, 102), (214, 236, 222), (244, 170, 96)),
    "midnight": ((14, 18, 38), (50, 62, 118), (216, 216, 238), (250, 176, 112)),
    "walnut": ((36, 26, 20), (112, 80, 56), (238, 220, 196), (208, 142, 84)),
}


def blank(start: Colour, end: Colour, *, diagonal: bool = False) -> Image.Image:
    """A gradient from the top to the bottom, or from corner to corner."""
    ramp = Image.linear_gradient("L").resize(SIZE, Image.Resampling.BICUBIC)
    if diagonal:
        sideways = Image.linear_gradient("L").rotate(90).resize(SIZE, Image.Resampling.BICUBIC)
        ramp = ImageChops.blend(ramp, sideways, 0.5)
    return Image.composite(Image.new("RGB", SIZE, end), Image.new("RGB", SIZE, start), ramp)


def glow(picture: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """A soft light, as of a lamp just outside the frame."""
    side = radius * 2
    spot = ImageChops.invert(Image.radial_gradient("L")).resize((side, side))
    spot = spot.point([max(0, value - 75) ** 2 * 175 // 180**2 for value in range(256)])
    light = Image.new("RGB", (side, side), colour)
    picture.paste(light, (centre[0] - radius, centre[1] - radius), spot)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (int(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def shadowed(picture: Image.Image, draw_shape: Callable[[ImageDraw.ImageDraw, int], None]) -> None:
    """A blurred shadow below a shape, which is drawn in white in a mask."""
    mask = Image.new("L", (WIDE // 4, HIGH // 4), 0)
    large = Image.new("L", SIZE, 0)
    draw_shape(ImageDraw.Draw(large), 150)
    mask = large.resize(mask.size).filter(ImageFilter.GaussianBlur(5)).resize(SIZE)
    picture.paste(Image.new("RGB", SIZE, (0, 0, 0)), (14, 20), mask)


def waveform(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(mixed(dark, middle, 0.2), dark)
    glow(picture, (rng.randrange(200, 760), 320), 430, middle)
    draw = ImageDraw.Draw(picture)
    phases = [rng.uniform(0, 2 * pi) for _ in range(4)]
    for index, x in enumerate(range(36, WIDE - 36, 12)):
        share = x / WIDE
        loud = abs(sin(share * 9 + phases[0]) * cos(share * 23 + phases[1]))
        loud = (0.12 + loud * (0.5 + 0.5 * sin(share * 4 + phases[2]))) * rng.uniform(0.7, 1)
        half = int(14 + loud * 250)
        played = share < 0.36 + phases[3] / 20
        colour = accent if played else mixed(middle, light, 0.55 if index % 2 else 0.7)
        draw.rounded_rectangle((x, 320 - half, x + 7, 320 + half), 4, fill=colour)
    at = int((0.36 + phases[3] / 20) * WIDE)
    draw.line((at, 40, at, 600), fill=light, width=2)
    return picture


def foam(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, _ = palette
    picture = blank(middle, dark)
    draw = ImageDraw.Draw(picture)
    side = rng.choice((80, 96, 120, 160))
    for column in range(WIDE // side + 1):
        for row in range(HIGH // side + 1):
            left, top, share = column * side, row * side, 0.25 + 0.5 * rng.random()
            x, y = left + side // 2, top + side // 2
            corners = [
                (left, top),
                (left + side, top),
                (left + side, top + side),
                (left, top + side),
            ]
            tones = (
                mixed(middle, light, 0.45 * share),
                mixed(dark, middle, 0.75),
                mixed(dark, middle, 0.15 + 0.2 * share),
                mixed(dark, middle, 0.95),
            )
            for edge, tone in enumerate(tones):
                draw.polygon([corners[edge], corners[(edge + 1) % 4], (x, y)], fill=tone)
    glow(picture, (rng.randrange(100, 860), -40), 520, light)
    return picture


def microphone(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(mixed(middle, light, 0.35), mixed(dark, middle, 0.5), diagonal=True)
    x = rng.choice((300, 480, 640))
    glow(picture, (x + 140, 180), 460, light)

    def shape(draw: ImageDraw.ImageDraw, tone: int) -> None:
        draw.rounded_rectangle((x - 70, 110, x + 70, 420), 70, fill=tone)
        draw.rectangle((x - 8, 420, x + 8, 640), fill=tone)

    shadowed(picture, shape)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((x - 7, 430, x + 7, 640), fill=dark)
    draw.arc((x - 110, 220, x + 110, 470), 0, 180, fill=dark, width=12)
    draw.rounded_rectangle((x - 70, 110, x + 70, 420), 70, fill=mixed(dark, middle, 0.18))
    draw.rounded_rectangle((x - 60, 120, x + 60, 290), 58, fill=mixed(middle, light, 0.3))
    for line in range(134, 286, 11):
        draw.line((x - 56, line, x + 56, line), fill=mixed(dark, middle, 0.45), width=3)
    for line in range(x - 50, x + 56, 11):
        draw.line((line, 130, line, 284), fill=mixed(dark, middle, 0.45), width=2)
    draw.rectangle((x - 70, 288, x + 70, 302), fill=accent)
    draw.ellipse((x - 7, 340, x + 7, 354), fill=accent)
    draw.line((x - 52, 330, x - 52, 390), fill=mixed(middle, light, 0.4), width=5)
    return picture


def faders(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(mixed(dark, middle, 0.45), dark)
    glow(picture, (rng.randrange(200, 800), 0), 520, middle)
    draw = ImageDraw.Draw(picture)
    for channel, x in enumerate(range(60, WIDE - 20, 84)):
        height = rng.randrange(250, 500)
        draw.rounded_rectangle((x - 3, 200, x + 3, 580), 3, fill=mixed(dark, (0, 0, 0), 0.5))
        for tick in range(210, 580, 23):
            draw.line((x - 20, tick, x - 12, tick), fill=mixed(dark, middle, 0.8), width=2)
        for dot in range(12):
            lit = 560 - dot * 30 > height
            tone = accent if lit and dot > 6 else light if lit else mixed(dark, middle, 0.3)
            draw.rectangle((x + 18, 552 - dot * 30, x + 26, 572 - dot * 30), fill=tone)
        cap = accent if channel % 5 == 2 else mixed(middle, light, 0.55)
        draw.rounded_rectangle((x - 19, height - 26, x + 11, height + 26), 6, fill=cap)
        draw.line((x - 15, height, x + 7, height), fill=dark, width=4)
        turn = rng.uniform(0.8, 2.6) * pi
        draw.ellipse((x - 24, 84, x + 24, 132), fill=mixed(dark, middle, 0.75))
        tip = (x + 20 * cos(turn), 108 + 20 * sin(turn))
        draw.line((x, 108, *tip), fill=light, width=4)
    return picture


def booth(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(mixed(dark, middle, 0.25), mixed(dark, middle, 0.6))
    draw = ImageDraw.Draw(picture)
    for x in range(0, WIDE, 48):
        tone = mixed(dark, middle, 0.3 + 0.25 * rng.random())
        draw.rectangle((x, 0, x + 44, 500), fill=tone)
    draw.rectangle((0, 500, WIDE, 640), fill=mixed(dark, middle, 0.12))
    left = rng.choice((230, 330, 420))
    window = (left, 110, left + 400, 400)
    draw.rounded_rectangle((left - 18, 92, left + 418, 418), 16, fill=mixed(dark, (0, 0, 0), 0.3))
    pane = blank(mixed(middle, light, 0.75), accent).resize((400, 290))
    picture.paste(pane, window[:2])
    x = left + rng.randrange(120, 280)
    draw.line((x, 400, x, 270), fill=dark, width=7)
    draw.rounded_rectangle((x - 24, 190, x + 24, 284), 24, fill=dark)
    draw.ellipse((x - 92, 196, x - 34, 274), outline=dark, width=6)
    draw.polygon(
        [(left + 250, 110), (left + 330, 110), (left + 170, 400), (left + 90, 400)],
        fill=None,
        outline=mixed(light, accent, 0.3),
    )
    red = (214, 52, 40)
    draw.rounded_rectangle((left + 150, 36, left + 250, 70), 8, fill=red)
    glow(picture, (left + 200, 53), 120, red)
    glow(picture, (left + 200, 560), 330, accent)
    return picture


def rings(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(mixed(middle, light, 0.55), mixed(middle, light, 0.1), diagonal=True)
    draw = ImageDraw.Draw(picture)
    x, y = rng.randrange(240, 720), rng.randrange(220, 420)
    for step in range(16, 0, -1):
        radius = step * 46
        share = step / 16
        tone = (
            mixed(accent, mixed(middle, light, 0.5), share)
            if step % 2
            else mixed(dark, mixed(middle, light, 0.4), 0.25 + 0.7 * share)
        )
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tone)
    draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=dark)
    glow(picture, (x - 10, y - 12), 30, light)
    return picture


def headphones(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(light, mixed(middle, light, 0.4))
    draw = ImageDraw.Draw(picture)
    desk = rng.randrange(430, 480)
    draw.rectangle((0, desk, WIDE, HIGH), fill=mixed(dark, middle, 0.7))
    draw.rectangle((0, desk, WIDE, desk + 8), fill=mixed(middle, light, 0.35))
    x = rng.choice((330, 480, 620))
    top = desk - 300

    def shape(pen: ImageDraw.ImageDraw, tone: int) -> None:
        pen.arc((x - 150, top, x + 150, top + 360), 180, 360, fill=tone, width=30)
        for left in (x - 180, x + 96):
            pen.rounded_rectangle((left, desk - 150, left + 84, desk), 40, fill=tone)

    shadowed(picture, shape)
    draw = ImageDraw.Draw(picture)
    draw.arc((x - 150, top, x + 150, top + 380), 180, 360, fill=dark, width=26)
    draw.arc((x - 138, top + 12, x + 138, top + 368), 190, 350, fill=accent, width=6)
    for side in (-1, 1):
        middle_x = x + side * 138
        draw.rounded_rectangle(
            (middle_x - 42, desk - 150, middle_x + 42, desk - 6), 36, fill=mixed(dark, middle, 0.2)
        )
        inner = middle_x - side * 26
        draw.rounded_rectangle((inner - 22, desk - 138, inner + 22, desk - 18), 22, fill=accent)
    glow(picture, (WIDE - x, 60), 420, (255, 250, 238))
    return picture


def spectrum(rng: Random, palette: tuple[Colour, ...]) -> Image.Image:
    dark, middle, light, accent = palette
    picture = blank(dark, mixed(dark, middle, 0.7))
    glow(picture, (rng.randrange(300, 700), 640), 560, middle)
    draw = ImageDraw.Draw(picture, "RGBA")
    for layer in range(5):
        shift, speed, tall = rng.uniform(0, 6), rng.uniform(3, 9), rng.randrange(70, 190)
        base = 250 + layer * 80
        line = [
            (
                x,
                base
                - tall * abs(sin(x / WIDE * speed + shift)) * cos(x / WIDE * 2 * pi + layer) ** 2,
            )
            for x in range(0, WIDE + 12, 12)
        ]
        tone = mixed(mixed(accent, light, 0.2), mixed(dark, middle, 0.6), layer / 5)
        draw.polygon([(0, HIGH), *line, (WIDE, HIGH)], fill=(*tone, 150))
        draw.line(line, fill=(*mixed(tone, light, 0.5), 220), width=3)
    return picture


SCENES: tuple[tuple[Callable[[Random, tuple[Colour, ...]], Image.Image], str], ...] = (
    (microphone, "Large-diaphragm microphone in a shock mount, {palette} light"),
    (booth, "View through the booth window, red light on, {palette} panels"),
    (waveform, "Waveform of a voice take on screen, {palette} theme"),
    (faders, "Faders and meters of the mixing desk in {palette} light"),
    (foam, "Acoustic panels on the wall, {palette}"),
    (headphones, "Headphones resting on the desk, {palette} background"),
    (rings, "Cone of a studio monitor, close up, {palette}"),
    (spectrum, "Spectrum of a recording in layers of {palette}"),
)
COUNT = len(SCENES) * len(PALETTES)


def alt_text(number: int) -> str:
    _, words = SCENES[number % len(SCENES)]
    return words.format(palette=list(PALETTES)[number // len(SCENES)])


def scene(number: int) -> Image.Image:
    paint, _ = SCENES[number % len(SCENES)]
    return paint(source(f"scene {number}"), list(PALETTES.values())[number // len(SCENES)])
