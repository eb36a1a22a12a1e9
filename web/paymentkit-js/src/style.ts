// How the form looks: one stylesheet, made by script, so that a page's policy need not allow inline styles.

import type { Appearance } from "./types";

const RULES = `
:host{display:block}
*{box-sizing:border-box;margin:0;padding:0}
.form{font:16px/1.5 var(--pk-font);color:var(--pk-text);background:var(--pk-background);overflow-wrap:anywhere}
ul{list-style:none}
li,.sum{display:flex;justify-content:space-between;gap:16px;padding:4px 0}
li{padding:10px 0;border-bottom:1px solid var(--pk-border)}
.strong{font-weight:700;font-size:18px}
.name,label,legend{display:block;font-weight:600}
.more{display:block;font-size:14px;color:var(--pk-muted);white-space:pre-line}
.amount,dd{white-space:nowrap;font-variant-numeric:tabular-nums}
p,form,fieldset,dl{margin-top:14px}
fieldset{border:1px dashed var(--pk-border);border-radius:var(--pk-radius);padding:8px 14px 12px}
legend{padding:0 4px;font-size:14px}
fieldset label{display:flex;gap:8px;align-items:baseline;font-weight:400;padding:5px 0}
input[type=email]{width:100%;font:inherit;color:inherit;background:transparent;margin-top:4px;padding:10px 12px;border:1px solid var(--pk-muted);border-radius:var(--pk-radius)}
input[aria-invalid]{border:2px solid var(--pk-danger)}
button,.button{display:block;width:100%;margin-top:14px;padding:13px 16px;border:0;border-radius:var(--pk-radius);background:var(--pk-color);color:var(--pk-on-button);font:inherit;font-weight:650;text-align:center;text-decoration:none;cursor:pointer}
button[aria-disabled=true]{opacity:.65;cursor:progress}
.said{padding:10px 14px;border-left:4px solid var(--pk-muted)}
.said[role=alert]{border-color:var(--pk-danger);color:var(--pk-danger);font-weight:600}
.said:empty{display:none}
:focus-visible{outline:3px solid #2f6fed;outline-offset:2px}
`;

const SIMPLE: Required<Appearance> = {
  color: "#1d2330",
  colorOnButton: "",
  background: "transparent",
  text: "#1d2330",
  muted: "#535b6b",
  border: "#c9ced8",
  danger: "#b42318",
  radius: "6px",
  font: "system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif",
};

/** The stylesheet of one form. */
export function sheet(appearance: Appearance, brand: string | null): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(`:host{}${RULES}`);
  const look = { ...SIMPLE, ...(brand && { color: brand }), ...appearance };
  look.colorOnButton ||= readableOn(look.color);
  // Set one by one, so that a value is never more than a value.
  const { style } = made.cssRules[0] as CSSStyleRule;
  for (const [name, value] of Object.entries(look)) {
    style.setProperty(`--pk-${name === "colorOnButton" ? "on-button" : name}`, value);
  }
  return made;
}

/** White or dark, whichever can be read on this colour; white, where it is not written as #1a2b3c. */
function readableOn(color: string): string {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (!digits) return "#fff";
  const long = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  // What screens make of it, near enough.
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => (parseInt(long.slice(at, at + 2), 16) / 255) ** 2.2);
  // Where black and white stand out equally.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
