// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-6af7946b4697.css", "text/css; charset=utf-8", include_str!("app-6af7946b4697.css")),
    ("app-490280eeb1a2.js", "text/javascript; charset=utf-8", include_str!("app-490280eeb1a2.js")),
]
