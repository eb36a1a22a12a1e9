// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-f5a7f9a86717.css", "text/css; charset=utf-8", include_str!("app-f5a7f9a86717.css")),
    ("app-22415f8eb6d1.js", "text/javascript; charset=utf-8", include_str!("app-22415f8eb6d1.js")),
]
