// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-6af7946b4697.css", "text/css; charset=utf-8", include_str!("app-6af7946b4697.css")),
    ("app-2e63c30876ae.js", "text/javascript; charset=utf-8", include_str!("app-2e63c30876ae.js")),
]
