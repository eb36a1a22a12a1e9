"""Cuts the fonts of `shared/fonts` down to what an invoice may show.

    python -m venv v && v/bin/pip install fonttools==4.68.0
    v/bin/python tools/fonts/subset.py NotoSans_400Regular.ttf NotoSans_700Bold.ttf NotoSansJP_400Regular.ttf

The files are those of the npm packages @expo-google-fonts/noto-sans 0.4.2 and noto-sans-jp 0.4.3 (SIL Open
Font License 1.1, beside the fonts). Of Noto Sans the letters of Latin, Greek and Cyrillic scripts stay; of Noto
Sans JP what JIS X 0208 has, and the extensions of Windows to it. Without hints and without features: the
writer sets glyph after glyph.
"""

import subprocess
import sys
from pathlib import Path

LATIN = (
    "U+0020-007E,U+00A0-024F,U+0370-03FF,U+0400-04FF,U+1E00-1EFF,U+2000-206F,U+20A0-20C0,U+2100-214F,"
    "U+2190-2193,U+2212,U+25A1"
)
TABLES = "GSUB,GPOS,GDEF,STAT,DSIG,vhea,vmtx,VORG,BASE"
FONTS = Path(__file__).parents[2] / "shared" / "fonts"


def japanese() -> str:
    """What JIS X 0208 has, and the rows of Windows that NEC and IBM added."""
    rows = [(range(0x21, 0x7F), range(0x21, 0x7F), 0x80, "euc_jp")]
    extensions = [*range(0x87, 0x88), *range(0xED, 0xEF), *range(0xFA, 0xFD)]
    rows.append((extensions, range(0x40, 0xFD), 0, "cp932"))
    shown = {*range(0x3000, 0x3100), *range(0x31F0, 0x3200), *range(0xFF01, 0xFFEF)}
    for first, second, more, name in rows:
        for one in first:
            for two in second:
                try:
                    text = bytes([one | more, two | more]).decode(name)
                except UnicodeDecodeError:
                    continue
                shown.update(ord(c) for c in text if not 0xE000 <= ord(c) <= 0xF8FF)
    return ",".join(f"U+{c:04X}" for c in sorted(shown) if c > 0x24F)


def main() -> None:
    regular, bold, jp = sys.argv[1:]
    for source, name, shown in (
        (regular, "NotoSans-Regular.ttf", LATIN),
        (bold, "NotoSans-Bold.ttf", LATIN),
        (jp, "NotoSansJP-Regular.ttf", japanese()),
    ):
        subprocess.run(
            [
                Path(sys.executable).with_name("pyftsubset"), source, f"--unicodes={shown}", "--no-hinting",
                "--layout-features=", "--notdef-outline", "--no-recommended-glyphs",
                f"--drop-tables+={TABLES}", "--name-IDs=0,1,2,3,4,5,6,13,14", f"--output-file={FONTS / name}",
            ],
            check=True,
        )


main()
