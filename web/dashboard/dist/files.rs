// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-9aa66e4c3af4.css", "text/css; charset=utf-8", include_str!("app-9aa66e4c3af4.css")),
    ("app-83f57a220448.js", "text/javascript; charset=utf-8", include_str!("app-83f57a220448.js")),
]
