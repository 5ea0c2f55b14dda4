"""Runs a program in a terminal of its own and draws what was on the screen: one picture, or a session.

The terminal knows what the engine's programs say to one: colours, moving the cursor, clearing, the other
screen. Nothing but the standard library.
"""

import fcntl
import html
import os
import pty
import re
import select
import struct
import termios
import time
from dataclasses import dataclass, field

COLUMNS = 80
# A screen that goes on changing is looked at no more often.
FRAME_SECONDS = 0.12
# What a session shows before it begins again.
LAST_FRAME_SECONDS = 6.0

CONTROL = re.compile(
    r"\x1b\[(?P<arguments>[?0-9;]*)(?P<command>[A-Za-z])|\x1b\][^\x07]*\x07|\x1b[78=>]|[\r\n\b\x07]"
)

FONT_SIZE, ADVANCE, LEADING, MARGIN, BAR = 14, 8.4, 19, 16, 30
PAPER, INK, FAINT = "#14181c", "#d6dade", "#7d858c"
COLOURS = ["#3b4248", "#ff7b72", "#56d364", "#e3b341", "#79b8ff", "#d2a8ff", "#56d4dd", "#d6dade"]


@dataclass(frozen=True)
class Style:
    colour: int | None = None
    bold: bool = False
    faint: bool = False


@dataclass
class Screen:
    """What is seen: a line is a list of characters, each with its style."""

    rows: int
    style: Style = Style()
    row: int = 0
    column: int = 0
    lines: list = field(default_factory=list)
    first_screen: list | None = None

    def __post_init__(self):
        self.lines = self.blank()

    def blank(self):
        return [self.blank_line() for _ in range(self.rows)]

    @staticmethod
    def blank_line():
        return [(" ", Style())] * COLUMNS

    def feed(self, text):
        """Takes in what a program wrote; gives back a control sequence that is not complete yet."""
        place = 0
        while place < len(text):
            if control := CONTROL.match(text, place):
                self.obey(control)
                place = control.end()
            elif text[place] == "\x1b":
                return text[place:]
            else:
                self.put(text[place])
                place += 1
        return ""

    def put(self, character):
        if self.column == COLUMNS:
            self.column = 0
            self.down()
        self.lines[self.row][self.column] = (character, self.style)
        self.column += 1

    def down(self):
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.lines = self.lines[1:] + [self.blank_line()]

    def obey(self, control):
        if control[0] == "\r":
            self.column = 0
        elif control[0] == "\n":
            self.down()
        elif control[0] == "\b":
            self.column = max(0, self.column - 1)
        elif control["command"]:
            self.obey_sequence(control["command"], control["arguments"])

    def obey_sequence(self, command, arguments):
        numbers = [int(number or 0) for number in arguments.lstrip("?").split(";")]
        count = max(1, numbers[0])
        if command == "A":
            self.row = max(0, self.row - count)
        elif command == "B":
            self.row = min(self.rows - 1, self.row + count)
        elif command == "C":
            self.column = min(COLUMNS - 1, self.column + count)
        elif command == "D":
            self.column = max(0, self.column - count)
        elif command == "G":
            self.column = count - 1
        elif command == "H":
            self.row, self.column = count - 1, (numbers[1:] or [1])[0] - 1
        elif command == "K":
            self.clear_line(numbers[0])
        elif command == "J":
            self.clear_line(0)
            self.lines[self.row + 1 :] = [self.blank_line() for _ in self.lines[self.row + 1 :]]
        elif command == "m":
            self.dress(numbers)
        elif arguments == "?1049" and command == "h":
            self.first_screen, self.lines = self.lines, self.blank()
        elif arguments == "?1049" and self.first_screen:
            self.lines, self.first_screen = self.first_screen, None

    def clear_line(self, which):
        line, blank = self.lines[self.row], self.blank_line()
        after = line[: self.column] + blank[self.column :]
        self.lines[self.row] = [after, blank[: self.column] + line[self.column :], blank][which]

    def dress(self, numbers):
        numbers = iter(numbers)
        for number in numbers:
            bold, faint, colour = self.style.bold, self.style.faint, self.style.colour
            if number == 0:
                self.style = Style()
            elif number == 1:
                self.style = Style(colour, True, faint)
            elif number == 2:
                self.style = Style(colour, bold, True)
            elif number == 22:
                self.style = Style(colour)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                self.style = Style(number % 10, bold, faint)
            elif number == 39:
                self.style = Style(None, bold, faint)
            elif number == 38 and next(numbers, None) == 5:
                self.style = Style(next(numbers, 7) % 8, bold, faint)

    def seen(self):
        return tuple(tuple(line) for line in self.lines)


def record(command, environment, rows, until=None, keys=b""):
    """Runs a command: what was seen, and when, as (seconds, screen). `until` ends it by pressing `keys`."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, COLUMNS, 0, 0))
    screen, frames, rest, began = Screen(rows), [], "", time.monotonic()
    watching = True
    while True:
        ready, _, _ = select.select([terminal], [], [], FRAME_SECONDS)
        try:
            written = os.read(terminal, 65536) if ready else b""
        except OSError:
            break
        if ready and not written:
            break
        rest = screen.feed(rest + written.decode(errors="replace"))
        now = time.monotonic() - began
        if watching and (not frames or now - frames[-1][0] >= FRAME_SECONDS):
            keep(frames, now, screen)
        if watching and until and now >= until:
            keep(frames, now, screen)
            os.write(terminal, keys)
            watching = False
    if watching:
        keep(frames, time.monotonic() - began, screen)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    return frames


def keep(frames, now, screen):
    if not frames or frames[-1][1] != screen.seen():
        frames.append((now, screen.seen()))


def draw(path, title, frames):
    """Draws the session, or the picture where there is but one frame."""
    frames = [(at, trimmed(seen)) for at, seen in frames]
    rows = max(len(seen) for _, seen in frames)
    width, height = COLUMNS * ADVANCE + 2 * MARGIN, rows * LEADING + MARGIN
    kinds = {}
    for _, seen in frames:
        for line in seen:
            kinds.setdefault(line, f"l{len(kinds)}")
    lines = [f'<g id="{name}">{runs(line)}</g>' for line, name in kinds.items() if runs(line)]
    pages = []
    for number, (_, seen) in enumerate(frames):
        uses = "".join(
            f'<use href="#{kinds[line]}" y="{(row + 1) * LEADING:g}"/>' for row, line in enumerate(seen) if runs(line)
        )
        pages.append(f'<g transform="translate(0 {number * height:g})">{uses}</g>')
    svg = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height + BAR:g}" width="{width:g}" height="{height + BAR:g}" role="img" aria-label="{html.escape(title)}">
<style>text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:{INK};white-space:pre}}{motion(frames, height)}</style>
<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>
<text x="{MARGIN}" y="21" style="fill:{FAINT}">{html.escape(title)}</text><path d="M0 {BAR}H{width:g}" stroke="#2a3036"/>
<defs>{"".join(lines)}</defs>
<svg x="{MARGIN}" y="{BAR}" width="{COLUMNS * ADVANCE:g}" height="{height:g}"><g class="strip">{"".join(pages)}</g></svg>
</svg>
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg)


def trimmed(seen):
    """Without the empty lines at the end."""
    used = [row for row, line in enumerate(seen) if any(character != " " for character, _ in line)]
    return seen[: used[-1] + 1] if used else seen[:1]


def motion(frames, height):
    if len(frames) == 1:
        return ""
    whole = frames[-1][0] + LAST_FRAME_SECONDS
    steps = "".join(
        f"{100 * at / whole:.2f}%{{transform:translateY({-number * height:g}px)}}" for number, (at, _) in enumerate(frames)
    )
    last = -(len(frames) - 1) * height
    return (
        f".strip{{animation:play {whole:.1f}s step-end infinite}}@keyframes play{{0%{{transform:none}}{steps}}}"
        f"@media (prefers-reduced-motion:reduce){{.strip{{animation:none;transform:translateY({last:g}px)}}}}"
    )


def runs(line):
    """A line's characters, those of one style together, each run as wide as it has to be."""
    drawn, start = [], 0
    for place in range(1, COLUMNS + 1):
        if place < COLUMNS and line[place][1] == line[start][1]:
            continue
        text = "".join(character for character, _ in line[start:place])
        if text.strip():
            lead = len(text) - len(text.lstrip(" "))
            text = text.strip(" ")
            x, style = (start + lead) * ADVANCE, line[start][1]
            drawn.append(
                f'<text x="{x:g}" textLength="{len(text) * ADVANCE:g}"{look(style)}>{html.escape(text, quote=False)}</text>'
            )
        start = place
    return "".join(drawn)


def look(style):
    rules = []
    if style.colour is not None:
        rules.append(f"fill:{COLOURS[style.colour]}")
    if style.bold:
        rules.append("font-weight:700")
    if style.faint:
        rules.append("opacity:.6")
    return f' style="{";".join(rules)}"' if rules else ""
