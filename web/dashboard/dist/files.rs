// Written by `make dashboard`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("app-1cda38f03e4b.css", "text/css; charset=utf-8", include_str!("app-1cda38f03e4b.css")),
    ("app-2ced6313acf7.js", "text/javascript; charset=utf-8", include_str!("app-2ced6313acf7.js")),
]
