// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-7855786ed8a6.css", "text/css; charset=utf-8", include_str!("app-7855786ed8a6.css")),
    ("app-7f30bef35693.js", "text/javascript; charset=utf-8", include_str!("app-7f30bef35693.js")),
]
