// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-1cda38f03e4b.css", "text/css; charset=utf-8", include_str!("app-1cda38f03e4b.css")),
    ("app-37f071748c8c.js", "text/javascript; charset=utf-8", include_str!("app-37f071748c8c.js")),
]
