// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-5d3d526edfde.css", "text/css; charset=utf-8", include_str!("app-5d3d526edfde.css")),
    ("app-7f561a52ec25.js", "text/javascript; charset=utf-8", include_str!("app-7f561a52ec25.js")),
]
