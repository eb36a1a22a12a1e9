// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-9aa66e4c3af4.css", "text/css; charset=utf-8", include_str!("app-9aa66e4c3af4.css")),
    ("app-7603ea26824a.js", "text/javascript; charset=utf-8", include_str!("app-7603ea26824a.js")),
]
